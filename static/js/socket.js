/* A WebSocket that comes back by itself. `onframe(frame)` gets each message, `onstate(state)` one of "open",
   "connecting", or {code} of a close that reconnecting cannot mend. */

const PING_SECONDS = 20;
// No frame for so long while the page is looked at: the connection is dead even if nobody said so.
const SILENCE_SECONDS = 45;
// After coming back to the page an answer to the ping must arrive within this.
const WAKE_SECONDS = 5;
const BACKOFF_SECONDS = [0.5, 15];
const FINAL_CODES = new Set([4401, 4403, 4404]);
const TOO_SLOW = 4409;
const TOO_MANY = 4429;
const RESTARTING = 1012;

/* Seconds to wait before the given attempt, spread so that a thousand pages do not come back in one moment. */
export function pause(attempt, code) {
  const [least, most] = BACKOFF_SECONDS;
  const full = code === TOO_MANY ? most : code === TOO_SLOW || code === RESTARTING ? least : least * 2 ** attempt;
  return Math.min(most, full) * (0.5 + Math.random() / 2);
}

export class Socket {
  constructor(address, { onframe, onstate }) {
    Object.assign(this, { address, onframe, onstate, attempt: 0, generation: 0, heard: 0, wanted: true });
    this.watch = new AbortController();
    const { signal } = this.watch;
    window.addEventListener("online", () => this.wake(), { signal });
    window.addEventListener("pageshow", event => event.persisted && this.hurry(), { signal });
    // A page with an open socket cannot be kept for the Back button.
    window.addEventListener("pagehide", () => this.drop(), { signal });
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake(), { signal });
    this.beat = setInterval(() => this.check(), PING_SECONDS * 1000);
    this.connect();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /* Send a frame; false when there is no connection. */
  send(frame) {
    if (!this.open) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /* All is well again: the next pause begins short. */
  settle() {
    this.attempt = 0;
  }

  close() {
    this.wanted = false;
    this.watch.abort();
    clearInterval(this.beat);
    this.drop();
  }

  connect() {
    clearTimeout(this.timer);
    this.onstate("connecting");
    const socket = (this.socket = new WebSocket(this.address));
    this.generation += 1;
    this.heard = Date.now();
    socket.onopen = () => socket === this.socket && this.onstate("open");
    socket.onmessage = ({ data }) => {
      if (socket !== this.socket) return;
      this.heard = Date.now();
      this.onframe(JSON.parse(data));
    };
    socket.onclose = ({ code }) => socket === this.socket && this.lost(code);
  }

  lost(code) {
    this.socket = null;
    if (!this.wanted) return;
    if (FINAL_CODES.has(code)) {
      this.wanted = false;
      this.onstate({ code });
      return;
    }
    this.onstate("connecting");
    this.timer = setTimeout(() => this.connect(), pause(this.attempt++, code) * 1000);
  }

  /* Forget the present connection without waiting for its end. */
  drop() {
    clearTimeout(this.timer);
    const old = this.socket;
    this.socket = null;
    old?.close();
  }

  /* Start over; used when what arrived cannot be made sense of. */
  restart() {
    if (!this.wanted) return;
    this.drop();
    this.lost(0);
  }

  /* Reconnect now if there is no connection, instead of at the end of the pause. */
  hurry() {
    if (!this.wanted || this.open || this.socket?.readyState === WebSocket.CONNECTING) return;
    this.drop();
    this.connect();
  }

  /* The reader is back: is the connection still alive? */
  wake() {
    if (!this.wanted) return;
    if (!this.open) return this.hurry();
    const asked = Date.now();
    this.send({ type: "ping" });
    setTimeout(() => this.open && this.heard < asked && this.reconnect(), WAKE_SECONDS * 1000);
  }

  check() {
    this.send({ type: "ping" });
    const silent = Date.now() - this.heard > SILENCE_SECONDS * 1000;
    if (silent && document.visibilityState === "visible" && this.socket) this.reconnect();
  }

  reconnect() {
    this.drop();
    this.connect();
  }
}
