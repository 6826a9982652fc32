import net from "node:net";

const socket = net.connect({ path: "\0__ABSTRACT__" });
socket.on("connect", () => {
  console.log("ESCAPED");
  process.exit(0);
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
