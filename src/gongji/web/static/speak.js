// Offers to read a sentence aloud where the browser can; without a voice there is no button.
if ("speechSynthesis" in window) {
  const english = document.documentElement.lang === "en";
  for (const text of document.querySelectorAll("[data-speak]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = english ? "Read aloud" : "读出来";
    button.addEventListener("click", () => {
      speechSynthesis.cancel();
      const words = new SpeechSynthesisUtterance(text.dataset.speak);
      words.lang = document.documentElement.lang;
      words.rate = 0.85;
      speechSynthesis.speak(words);
    });
    text.after(button);
  }
}
