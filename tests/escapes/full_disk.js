import { writeFileSync } from "node:fs";

process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});
const piece = Buffer.alloc(4 * 2 ** 20);
for (let number = 0; number < 50; number++) {
  writeFileSync(`${process.env.HOME}/escape-${number}`, piece);
}
console.log("ESCAPED");
