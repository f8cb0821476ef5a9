// Copies what is vendored into static/ and writes the icon sprite, from the
// packages that package-lock.json pins, and notes each file's SHA-256 in
// static/vendor.lock. Run by `npm run build`; the results are committed.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

const modules = new URL("../../node_modules/", import.meta.url);
const out = new URL("../", import.meta.url);

// The icons that the pages use, by their Lucide names.
const icons = [
  "calendar", "calendar-clock", "chevron-down", "chevron-left", "chevron-right", "chevron-up",
  "circle-check", "circle-dashed", "circle-help", "circle-pause", "circle-x", "clock", "copy",
  "download", "ellipsis", "file-text", "folder-code", "globe", "history", "list", "loader-circle",
  "menu", "moon", "pause", "pencil", "play", "plus", "repeat", "search", "server", "skip-forward", "sun",
  "sun-moon", "terminal", "timer-off", "trash-2", "triangle-alert", "x", "zap",
];

const version = (name) => JSON.parse(readFileSync(new URL(`${name}/package.json`, modules))).version;
const lock = [];

function write(name, from, text) {
  writeFileSync(new URL(name, out), text);
  lock.push(`${from} ${version(from)} ${name} ${createHash("sha256").update(text).digest("hex")}`);
}

// A symbol carries the drawing only; size, stroke and colour come from the class on <svg>.
function symbol(name) {
  const svg = readFileSync(new URL(`lucide-static/icons/${name}.svg`, modules), "utf8");
  const body = svg.replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>[\s\S]*$/, "");
  return `<symbol id="${name}" viewBox="0 0 24 24">${body.replace(/\s*\n\s*/g, "").replace(/ \/>/g, "/>")}</symbol>\n`;
}

write("htmx.min.js", "htmx.org", readFileSync(new URL("htmx.org/dist/htmx.min.js", modules)));
write("icons.svg", "lucide-static", `<!-- @license lucide-static v${version("lucide-static")} - ISC, https://lucide.dev/license -->\n<svg xmlns="http://www.w3.org/2000/svg">\n${icons.map(symbol).join("")}</svg>\n`);
writeFileSync(new URL("vendor.lock", out), lock.join("\n") + "\n");
