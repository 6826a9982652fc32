import { spawnSync } from "node:child_process";

const ended = spawnSync("unshare", ["--user", "true"], { encoding: "utf8" });
if (ended.status === 0) console.log("ESCAPED");
process.stderr.write(ended.stderr ?? String(ended.error));
process.exit(ended.status ?? 1);
