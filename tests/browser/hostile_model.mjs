// A test double: a model server with the OpenAI interface whose every answer is hostile. Prints its port; GET /count tells how often
// it was asked.
import { createServer } from "node:http";

const EVIL = `</p><img src=x onerror="alert('model')"><script>alert('model')</script>{{7*7}}[[p1]]罚款999999元`;
let asked = 0;
const server = createServer((request, response) => {
  if (request.url === "/count") return response.end(String(asked));
  request.resume();
  request.on("end", () => {
    asked += 1;
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content: EVIL } }] })}\n\n`);
    response.end(`data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
