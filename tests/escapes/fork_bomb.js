import { spawn } from "node:child_process";

for (let count = 0; count < 2000; count++) {
  const child = spawn("sleep", ["20"], { detached: true, stdio: "ignore" });
  child.on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.unref();
  await new Promise(setImmediate);
}
console.log("ESCAPED");
process.exit(0);
