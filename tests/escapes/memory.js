process.on("uncaughtException", (error) => {
  console.error(error.message);
  process.exit(1);
});
const kept = [];
for (let count = 0; count < 24; count++) kept.push(new ArrayBuffer(2 ** 28)); // 6 GiB, untouched
console.log("ESCAPED");
