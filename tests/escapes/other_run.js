import { readFileSync } from "node:fs";

process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});
console.log(readFileSync("__RUN__").length ? "ESCAPED" : "it is empty");
