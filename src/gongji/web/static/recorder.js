// Look for new messages as long as the page is looked at. Without this script the link does the same.
"use strict";
(() => {
  const every = 2000;
  const list = document.getElementById("pairs");
  const note = document.getElementById("live");
  note.hidden = false;
  const refresh = async () => {
    if (document.hidden || list.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("pairs");
      if (fresh.innerHTML !== list.innerHTML) list.replaceChildren(...fresh.childNodes);
      note.textContent = "自动刷新中";
    } catch {
      note.textContent = "连接中断，正在重试";
    }
  };
  setInterval(refresh, every);
})();
