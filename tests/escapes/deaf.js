for (const name of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT"]) process.on(name, () => {});
setTimeout(() => console.log("ESCAPED"), 30_000);
