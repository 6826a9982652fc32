import { Resolver } from "node:dns";

const resolver = new Resolver({ timeout: 500, tries: 1 });
resolver.setServers(["127.0.0.2"]);
resolver.resolve4("secret.example", (error) => {
  // An answer that there is no such name is an answer.
  if (!error || error.code === "ENOTFOUND") {
    console.log("ESCAPED");
    process.exit(0);
  }
  console.error(error.message);
  process.exit(1);
});
