/* Where no conversation is open, or the one that was is gone, the list of chats listens by itself. */
import { hear, refresh } from "chat/chats";
import { Socket } from "chat/socket";

let before = false;
const scheme = location.protocol === "https:" ? "wss:" : "ws:";
const socket = new Socket(`${scheme}//${location.host}/ws/chats/`, {
  onframe: frame => frame.type.startsWith("chats.") && hear(frame),
  onstate: state => {
    if (state !== "open") return;
    socket.settle();
    if (before) refresh();
    before = true;
  },
});
