"""Files dropped on the page (MicroPython, on the page)."""


class Drops:
    def __init__(self, files):
        """files: the RunFiles, which know what a file is."""
        self.files = files
        self.events = [("page", "dragover", self.over), ("page", "drop", self.drop)]

    # Not async: what the browser does by itself with a dropped file can be prevented only at once.

    def over(self, event):
        if event.dataTransfer and event.dataTransfer.types.includes("Files"):
            event.preventDefault()

    def drop(self, event):
        dropped = event.dataTransfer.files  # now: when this function has returned, there are none any more
        files = [dropped.item(i) for i in range(dropped.length)]
        if not files:
            return None
        event.preventDefault()
        return self.files.take(files)
