// Offers a pad to sign on with finger or mouse. Without this script the signer types his name instead;
// with it he may still choose to, since a keyboard cannot draw.
const pad = document.querySelector("canvas.pad");
const drawn = document.querySelector("input[name=signature_drawn]");
const typed = document.querySelector("input[name=signature_name]");
const submit = document.querySelector("[data-submit]");
const strokes = [];

const scale = window.devicePixelRatio || 1;
document.querySelector("[data-drawing]").hidden = false;
pad.width = pad.clientWidth * scale;
pad.height = pad.clientHeight * scale;
const pen = pad.getContext("2d");
pen.scale(scale, scale);
pen.lineWidth = 3;
pen.lineCap = "round";

const point = (event) => {
  const box = pad.getBoundingClientRect();
  return [Math.round(event.clientX - box.left), Math.round(event.clientY - box.top)];
};

const refresh = () => {
  const signed = strokes.some((stroke) => stroke.length > 2);
  drawn.value = signed ? JSON.stringify(strokes) : "";
  submit.disabled = !signed && typed.value.trim() === "";
};

pad.addEventListener("pointerdown", (event) => {
  pad.setPointerCapture(event.pointerId);
  strokes.push([point(event)]);
});
pad.addEventListener("pointermove", (event) => {
  if (!pad.hasPointerCapture(event.pointerId)) return;
  const stroke = strokes[strokes.length - 1];
  const last = stroke[stroke.length - 1];
  const next = point(event);
  stroke.push(next);
  pen.beginPath();
  pen.moveTo(...last);
  pen.lineTo(...next);
  pen.stroke();
  refresh();
});
pad.addEventListener("pointerup", refresh);
document.querySelector("[data-clear]").addEventListener("click", () => {
  strokes.length = 0;
  pen.clearRect(0, 0, pad.width, pad.height);
  refresh();
});
typed.addEventListener("input", refresh);
refresh();
