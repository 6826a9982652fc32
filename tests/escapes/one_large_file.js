import { openSync, ftruncateSync } from "node:fs";

process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});
ftruncateSync(openSync("large", "w"), 200 * 2 ** 20);
console.log("ESCAPED");
