import { spawn } from "node:child_process";

const words = "trap '' TERM HUP; sleep 1.5; exec 3<>/dev/tcp/127.0.0.2/__PORT__; sleep 30";
spawn("bash", ["-c", words], { detached: true, stdio: "ignore" }).unref();
console.error("a daemon is left");
process.exitCode = 1;
