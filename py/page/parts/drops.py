"""Files dropped on the page: a saved run is opened, any other is read as data (MicroPython, on the page)."""
MODEL_ENDING = ".safetensors"


class Drops:
    def __init__(self, files, data_form):
        self.files, self.data_form = files, data_form
        self.events = [("page", "dragover", self.over), ("page", "drop", self.drop)]

    # Not async: what the browser does by itself with a dropped file can be prevented only at once.

    def over(self, event):
        if event.dataTransfer and event.dataTransfer.types.includes("Files"):
            event.preventDefault()

    def drop(self, event):
        file = event.dataTransfer.files.item(0)  # now: when this function has returned, there is none any more
        if not file:
            return None
        event.preventDefault()
        return self.files.open(file) if file.name.endswith(MODEL_ENDING) else self.data_form.drop(file)
