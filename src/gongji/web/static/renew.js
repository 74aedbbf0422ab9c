// Asks for a new code shortly before the one that is shown ends; a page in the background waits until it is looked at.
const seconds = Number(document.currentScript?.dataset.seconds ?? document.querySelector("script[data-seconds]").dataset.seconds);
setTimeout(() => {
  if (document.visibilityState === "visible") location.reload();
  else document.addEventListener("visibilitychange", () => location.reload(), { once: true });
}, seconds * 1000);
