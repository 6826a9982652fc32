import { lookup } from "node:dns";
import { readFileSync } from "node:fs";

// A name server outside must never be asked, not even where the seal fails.
if (!readFileSync("/etc/resolv.conf", "utf8").includes("nameserver 127.0.0.1\n")) {
  console.log("ESCAPED");
  process.exit(0);
}
lookup("secret.example", (error) => {
  console.log(error ? "" : "ESCAPED");
  console.error(error?.message);
  process.exit(1);
});
