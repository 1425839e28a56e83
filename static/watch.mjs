// Says so when the page's own Python does not come, which that Python cannot say itself. It has come as soon as it lets
// Train be pressed.
const PATIENCE_MS = 20000;

const late = () => {
  if (!document.getElementById("train").disabled) return;
  const status = document.getElementById("status");
  status.textContent = document.getElementById("words").content.querySelector('[data-t="status.missing"]').textContent;
  status.dataset.state = "failed";
};

setTimeout(late, PATIENCE_MS);
for (const part of document.querySelectorAll("script[src], link[data-needed]")) part.addEventListener("error", late);
