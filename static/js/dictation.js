/* Dictation: what is said becomes text in the composer, by the browser itself or by the server's transcription.
   <button data-dictate aria-pressed="false">…</button>
   <div data-voice data-to="/api/transcriptions/" data-seconds="120" hidden><progress data-level></progress><span data-heard></span>
     <select data-language></select><button data-done></button><button data-give-up></button></div>
   Without data-to the server turns nothing into text. */
import { keep, recall } from "chat/browser";
import { token } from "chat/server";

const LANGUAGE = "chatsite.voice.language";
const COMMON = ["en-GB", "en-US", "de-DE", "fr-FR", "es-ES", "it-IT", "pt-BR", "nl-NL", "pl-PL", "sv-SE", "cs-CZ", "tr-TR", "uk-UA", "ru-RU", "ar-SA", "hi-IN", "ja-JP", "ko-KR", "zh-CN"];
const WHY = {
  insecure: t("A microphone can be used only where the address begins with https. Ask the people who run this server."),
  unsupported: t("This browser cannot use a microphone."),
  unoffered: t("This browser cannot turn speech into text, and this server does not do it either."),
  NotAllowedError: t("The microphone is not allowed for this site. Allow it in the browser’s settings, then try again."),
  NotFoundError: t("No microphone was found."),
  NotReadableError: t("The microphone cannot be used just now. Another program may have it."),
  "not-allowed": t("The microphone is not allowed for this site. Allow it in the browser’s settings, then try again."),
  "service-not-allowed": t("This browser does not allow its speech recognition here."),
  "audio-capture": t("No microphone was found."),
  "language-not-supported": t("This language cannot be listened to here. Choose another one."),
  network: t("The browser’s speech recognition cannot be reached."),
  "no-speech": t("Nothing was heard."),
  lost: t("The recording could not be sent: the server cannot be reached. Try again in a moment."),
};

const panel = document.querySelector("[data-voice]");
const button = document.querySelector("[data-dictate]");
const composer = document.querySelector("chat-composer");
const level = panel.querySelector("[data-level]");
const heard = panel.querySelector("[data-heard]");
const language = panel.querySelector("[data-language]");
// What goes on at the moment: {finish(), giveUp()}; null when nobody listens.
let session = null;

// A number that says which dictation is meant: one that was given up says nothing more.
let number = 0;

export async function act() {
  if (session) return session.finish();
  const mine = ++number;
  session = { finish: close, giveUp: close };
  open();
  try {
    const made = await begin(mine);
    if (mine === number) session = made;
    else made.giveUp();
  } catch (error) {
    if (mine === number) fail(error);
  }
}

function begin(mine) {
  const Recognition = window.SpeechRecognition ?? window.webkitSpeechRecognition;
  if (!window.isSecureContext) throw new DOMException("", "insecure");
  if (Recognition) return recognise(Recognition, mine);
  if (!navigator.mediaDevices?.getUserMedia || !window.MediaRecorder) throw new DOMException("", "unsupported");
  if (!panel.dataset.to) throw new DOMException("", "unoffered");
  return record(mine);
}

function open() {
  panel.hidden = false;
  button.setAttribute("aria-pressed", "true");
  say(t("Listening…"));
}

function close() {
  number += 1;
  session = null;
  panel.hidden = true;
  button.setAttribute("aria-pressed", "false");
  composer.field.focus();
}

function fail({ name, message }) {
  close();
  composer.fire("chat-problem", WHY[name] ?? (message || t("That was not understood. Try again in a moment.")));
}

function say(words) {
  heard.textContent = words;
}

/* Put words where the cursor is. */
function write(words) {
  const { field } = composer;
  const text = words.trim();
  if (!text) return;
  const before = field.value.slice(0, field.selectionStart);
  field.setRangeText(before && !/\s$/.test(before) ? ` ${text}` : text, field.selectionStart, field.selectionEnd, "end");
  composer.changed();
}

// -- the browser's own recognition ---------------------------------------------------------------------------------

function recognise(Recognition, mine) {
  const recognition = new Recognition();
  Object.assign(recognition, { continuous: true, interimResults: true, lang: language.value });
  let stopMeter = () => {};
  let written = 0;
  let over = false;
  recognition.onresult = ({ results }) => {
    if (over) return;
    const all = [...results];
    for (; written < all.length && all[written].isFinal; written += 1) write(all[written][0].transcript);
    say(all.slice(written).map(([best]) => best.transcript).join(" ") || t("Listening…"));
  };
  recognition.onerror = ({ error }) => {
    if (over || error === "aborted") return;
    over = true;
    stopMeter();
    if (mine === number) fail({ name: error, message: "" });
  };
  recognition.onend = () => {
    stopMeter();
    if (!over && mine === number) close();
    over = true;
  };
  recognition.start();
  // A phone gives its microphone to one listener only: there is no level then.
  if (!matchMedia("(pointer: coarse)").matches) {
    navigator.mediaDevices?.getUserMedia({ audio: true }).then(stream => {
      stopMeter = measure(stream);
      if (over) stopMeter();
    }).catch(error => console.debug("No level is shown.", error));
  }
  return {
    finish: () => recognition.stop(),
    giveUp: () => {
      over = true;
      recognition.abort();
      stopMeter();
      if (mine === number) close();
    },
  };
}

// -- a recording, for the server -----------------------------------------------------------------------------------

async function record(mine) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = recorderOf(stream);
  const stopMeter = measure(stream);
  const pieces = [];
  let given = false;
  recorder.ondataavailable = ({ data }) => pieces.push(data);
  recorder.onstop = () => {
    clearInterval(clock);
    stopMeter();
    if (!given) send(new Blob(pieces, { type: recorder.mimeType }), mine);
  };
  recorder.start(1000);
  const begun = Date.now();
  const longest = Number(panel.dataset.seconds);
  const tell = () => {
    const seconds = Math.floor((Date.now() - begun) / 1000);
    say(t("Recording, {time}", { time: `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}` }));
    if (seconds >= longest && recorder.state === "recording") recorder.stop();
  };
  const clock = setInterval(tell, 500);
  tell();
  return {
    finish: () => recorder.state === "recording" && recorder.stop(),
    giveUp: () => {
      given = true;
      if (recorder.state === "recording") recorder.stop();
      if (mine === number) close();
    },
  };
}

/* What records; a browser that cannot lets the microphone go. */
function recorderOf(stream) {
  try {
    return new MediaRecorder(stream);
  } catch (error) {
    stream.getTracks().forEach(track => track.stop());
    console.debug("It cannot record.", error);
    throw new DOMException("", "unsupported");
  }
}

async function send(recording, mine) {
  say(t("Turning it into words…"));
  const form = new FormData();
  form.append("file", recording, "speech");
  form.append("language", language.value);
  try {
    const headers = { "X-CSRFToken": token(), Accept: "application/json" };
    const response = await fetch(panel.dataset.to, { method: "POST", body: form, headers }).catch(() => {
      throw new DOMException("", "lost");
    });
    const said = await response.json().catch(() => ({}));
    if (mine !== number) return;
    if (!response.ok) throw new Error(said.detail ?? "");
    if (!said.text) throw new DOMException("", "no-speech");
    write(said.text);
    close();
  } catch (error) {
    if (mine === number) fail(error);
  }
}

/* Show how loud it is; gives what ends that and lets the microphone go. */
function measure(stream) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Uint8Array(analyser.fftSize);
  let frame;
  const draw = () => {
    analyser.getByteTimeDomainData(samples);
    const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample - 128)), 0);
    level.value = Math.sqrt(loudest / 128);
    frame = requestAnimationFrame(draw);
  };
  draw();
  return () => {
    cancelAnimationFrame(frame);
    level.value = 0;
    stream.getTracks().forEach(track => track.stop());
    if (context.state !== "closed") context.close();
  };
}

// -- the reader's hands --------------------------------------------------------------------------------------------

const names = new Intl.DisplayNames([navigator.language], { type: "language" });
const kept = recall(LANGUAGE);
const all = [...new Set([...(kept ? [kept] : []), ...navigator.languages, ...COMMON])];
language.replaceChildren(...all.map(tag => new Option(names.of(tag), tag)));
language.value = kept ?? all[0];
language.addEventListener("change", () => {
  keep(LANGUAGE, language.value);
  // What listens already goes on in the language that was chosen.
  session?.giveUp();
  act();
});
panel.querySelector("[data-done]").addEventListener("click", () => session?.finish());
panel.querySelector("[data-give-up]").addEventListener("click", () => session?.giveUp());
document.addEventListener("keydown", event => {
  if (event.key !== "Escape" || !session || event.defaultPrevented) return;
  // Here it ends the dictation, and not the answer.
  event.preventDefault();
  event.stopImmediatePropagation();
  session.giveUp();
}, { capture: true });
window.addEventListener("pagehide", () => session?.giveUp());
