// Drives the gateway with OpenAI's own client and prints what the client saw, as one JSON object.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: 'What is two plus two?' }];
const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'number' } } } } }];
const seen = {};

async function text(stream) {
  let all = '';
  for await (const chunk of stream) all += chunk.choices[0]?.delta?.content ?? '';
  return all;
}

seen.models = (await client.models.list()).data.map((model) => model.id);

seen.stream = await text(await client.chat.completions.create({ model: 'm', messages, stream: true }));

const usage = [];
for await (const chunk of await client.chat.completions.create({ model: 'm', messages, stream: true, stream_options: { include_usage: true } }))
  if (chunk.usage) usage.push(chunk.usage.completion_tokens);
seen.usage = usage;

const whole = await client.chat.completions.create({ model: 'm', messages, n: 2, response_format: { type: 'json_object' } });
seen.whole = whole.choices.map((choice) => choice.message.content);

const called = await client.chat.completions.create({ model: 'm', messages, tools });
seen.tool = called.choices[0].message.tool_calls[0].function;

let pieces = '';
for await (const chunk of await client.chat.completions.create({ model: 'm', messages, tools, stream: true }))
  pieces += chunk.choices[0]?.delta?.tool_calls?.[0]?.function?.arguments ?? '';
seen.toolStream = pieces;

const { response } = await client.chat.completions
  .create({ model: 'm', messages, chat_template_kwargs: { enable_thinking: true } }, { headers: {} })
  .withResponse();
seen.mode = [response.headers.get('x-nemotron-reasoning'), response.headers.get('x-nemotron-reasoning-source')];

seen.responses = (await client.responses.create({ model: 'm', input: 'q' })).output_text;
let streamed = '';
for await (const event of await client.responses.create({ model: 'm', input: 'q', stream: true }))
  if (event.type === 'response.output_text.delta') streamed += event.delta;
seen.responsesStream = streamed;

seen.completions = (await client.completions.create({ model: 'm', prompt: 'q' })).choices[0].text;

try {
  await client.chat.completions.create({ model: 'm', messages: [] });
} catch (error) {
  seen.error = { status: error.status, code: error.code, param: error.param };
}

console.log(JSON.stringify(seen));
