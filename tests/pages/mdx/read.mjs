// Reads pages as MDX does: a JSON list of texts in, a JSON list of trees out.

import { text } from "node:stream/consumers";
import { evaluate } from "@mdx-js/mdx";

const jsx = (type, { children, ...props }) => ({
  type: typeof type === "function" ? "Fragment" : type,
  props,
  children: [children ?? []].flat(),
});
const runtime = { jsx, jsxs: jsx, Fragment: () => {} };
const components = { Tabs: "Tabs", TabItem: "TabItem" };

const trees = [];
for (const page of JSON.parse(await text(process.stdin))) {
  const { default: Content } = await evaluate(page, runtime);
  trees.push(Content({ components }));
}
console.log(JSON.stringify(trees));
