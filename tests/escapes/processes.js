import { readdirSync, readFileSync } from "node:fs";

for (const process of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
  for (const name of ["cmdline", "environ"]) {
    try {
      if (readFileSync(`/proc/${process}/${name}`, "latin1").includes("__MARKER__")) {
        console.log("ESCAPED");
        globalThis.process.exit(0);
      }
    } catch {}
  }
}
console.error("no such process");
process.exit(1);
