import dgram from "node:dgram";

const socket = dgram.createSocket("udp4");
const fail = (message) => {
  console.error(message);
  process.exit(1);
};
setTimeout(() => fail("no answer"), 2000);
socket.on("message", () => {
  console.log("ESCAPED");
  process.exit(0);
});
socket.on("error", (error) => fail(error.message));
socket.connect(__PORT__, "127.0.0.2", () => socket.send("hello"));
