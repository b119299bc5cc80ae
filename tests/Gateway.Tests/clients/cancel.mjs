// Begins a stream with OpenAI's own client and gives it up at the first token.
import OpenAI from 'openai';

const client = new OpenAI({ baseURL: process.argv[2], apiKey: 'none', maxRetries: 0 });
const stream = await client.chat.completions.create({ model: 'm', messages: [{ role: 'user', content: 'q' }], stream: true });
for await (const chunk of stream) {
  if (!chunk.choices[0]?.delta?.content) continue;
  console.log(chunk.choices[0].delta.content);
  stream.controller.abort();
}
