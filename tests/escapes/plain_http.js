import http from "node:http";

const proxy = new URL(process.env.http_proxy);
const options = { host: proxy.hostname, port: proxy.port, path: "http://127.0.0.2:__PORT__/" };
http.get(options, (response) => {
  response.resume();
  if (response.statusCode === 200) {
    console.log("ESCAPED");
    process.exit(0);
  }
  console.error(`HTTP ${response.statusCode}`);
  process.exit(1);
});
