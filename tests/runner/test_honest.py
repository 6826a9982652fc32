"""What honest samples do works in a seal, however much is refused there."""

import shutil
import sys

import pytest

PYTHON = {
    "a pool of processes": """
import multiprocessing as m
with m.get_context("fork").Pool(2) as pool:
    print(sum(pool.map(abs, range(-4, 1))) == 10 and "done")
""",
    "shared memory": """
from multiprocessing import shared_memory, Value, Array
one = shared_memory.SharedMemory(create=True, size=4096)
one.buf[0] = 7
two = shared_memory.SharedMemory(one.name)
print(two.buf[0] == 7 and Value("i", 3).value == 3 and Array("d", 9)[0] == 0 and "done")
two.close(), one.close(), one.unlink()
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(32) as pool:
    print(sum(pool.map(abs, range(-4, 1))) == 10 and "done")
""",
    "a hundred connections": """
import asyncio
async def answer(reader, writer):
    writer.write(await reader.readline())
    writer.close()
async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"x\\n")
    line = await reader.readline()
    writer.close()
    return line
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(await asyncio.gather(*(ask(port) for _ in range(100))) == [b"x\\n"] * 100 and "done")
asyncio.run(main())
""",
}
SHELL = {
    "process substitution": 'test "$(cat <(echo one))" = one && echo done',
    "zeros": 'test "$(head -c 1M /dev/zero | wc -c)" = 1048576 && echo done',
    "dd": 'test "$(dd if=/dev/zero bs=1k count=4 2>/dev/null | wc -c)" = 4096 && echo done',
    "mktemp": 'one=$(mktemp) && echo x > "$one" && rm "$one" && echo done',
    "here-document": "cat <<END\ndone\nEND\n",
    "background": "(sleep 0.1; true) & wait $! && echo done",
    "size": "stty size < /dev/tty > /dev/null && echo done",
}
NODE = {
    "workers": 'const {Worker}=require("worker_threads");new Worker("process.exit(0)",{eval:true}).on("exit",c=>console.log(c===0&&"done"))',
    "child": 'console.log(require("child_process").execFileSync(process.execPath,["-p","6*7"]).toString().trim()==="42"&&"done")',
    "cluster": 'const c=require("cluster");c.setupPrimary({exec:"/dev/null",execArgv:[],args:[]});if(c.isPrimary)c.fork().on("online",function(){console.log("done");this.kill()})',
    "wasm": 'new WebAssembly.Memory({initial:1,maximum:9,shared:true});WebAssembly.instantiate(new Uint8Array([0,97,115,109,1,0,0,0])).then(()=>console.log("done"))',
    "sockets": 'const n=require("net");let k=0;const s=n.createServer(c=>c.end()).listen(0,"127.0.0.1",()=>{for(let i=0;i<100;i++)n.connect(s.address().port,"127.0.0.1").on("close",()=>{if(++k===100){console.log("done");s.close()}}).resume()})',
}
COMMANDS = {
    **{f"python {name}": ("python", "-c", code) for name, code in PYTHON.items()},
    **{f"bash {name}": ("bash", "-c", code) for name, code in SHELL.items()},
    **{f"node {name}": ("node", "-e", code) for name, code in NODE.items()},
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_what_is_honest_works(run_sealed, command):
    found = sys.executable if command[0] == "python" else shutil.which(command[0])
    if found is None:
        pytest.skip(f"there is no {command[0]}")
    ended, output, errors = run_sealed(found, *command[1:])
    assert (output.strip(), errors) == (b"done", b""), ended
