import { writeSync } from "node:fs";

const piece = Buffer.alloc(2 ** 16, "x");
for (let count = 0; count < 2 ** 14; count++) {
  for (let left = piece; left.length; ) {
    try {
      left = left.subarray(writeSync(1, left));
    } catch (error) {
      if (error.code !== "EAGAIN") throw error;
    }
  }
}
console.log("ESCAPED");
