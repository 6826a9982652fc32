import { accessSync, appendFileSync, constants } from "node:fs";

const escaped = [];
let last;
const attempt = (path, write) => {
  try {
    write(path);
    escaped.push(path);
  } catch (error) {
    last = error;
  }
};
for (const path of [process.argv[1], "__OTHER__"]) {
  attempt(path, () => appendFileSync(path, ""));
}
// Where writing would do harm if it worked, the question is enough.
for (const path of ["/", "/usr", "/etc", process.execPath, import.meta.dirname]) {
  attempt(path, () => accessSync(path, constants.W_OK));
}
if (escaped.length) {
  console.log("ESCAPED", ...escaped);
  process.exit(0);
}
console.error(last.message);
process.exit(1);
