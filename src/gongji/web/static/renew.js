// Asks for a new code shortly before the one that is shown ends; a page in the background waits until it is looked at.
const { seconds } = document.querySelector("script[data-seconds]").dataset;
setTimeout(() => {
  if (document.visibilityState === "visible") location.reload();
  else document.addEventListener("visibilitychange", () => location.reload(), { once: true });
}, Number(seconds) * 1000);
