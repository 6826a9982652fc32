import net from "node:net";

const socket = net.connect({ host: "127.0.0.2", port: __PORT__ });
socket.on("connect", () => {
  console.log("ESCAPED");
  process.exit(0);
});
socket.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
