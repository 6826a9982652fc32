import { openSync } from "node:fs";

process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});
openSync(`/proc/${process.ppid}/mem`);
console.log("ESCAPED");
