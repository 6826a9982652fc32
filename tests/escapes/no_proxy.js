process.env.no_proxy = process.env.NO_PROXY = "*";
try {
  await fetch("http://127.0.0.2:__PORT__/");
  console.log("ESCAPED");
} catch (error) {
  console.error(error.cause.message);
  process.exit(1);
}
