// Texts of the paper, and the words of them that a decision rests on: chosen by dragging over them.

export function element(name, { text, kind, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (kind) made.className = kind;
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export function button(key, label, act, attributes = {}) {
  const made = element('button', { type: 'button', onclick: act, ...attributes });
  if (key) { made.append(element('kbd', { text: key }), ' '); made.setAttribute('aria-keyshortcuts', key); }
  made.append(label);
  return made;
}

// All words of it as one text.
export const whole = (parts) => parts.map(({ text }) => text).join('');

// Blanks count as one, so that a quotation is found however its lines were broken.
function find(text, span) {
  const pattern = span.trim().split(/\s+/).map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('\\s+');
  const found = pattern ? new RegExp(pattern).exec(text) : null;
  return found ? [found.index, found.index + found[0].length] : null;
}

export class Texts {
  constructor(root, choose) {
    this.root = root;
    this.choose = choose;
    document.addEventListener('pointerup', () => this.take());
    document.addEventListener('keyup', (event) => { if (event.shiftKey) this.take(); });
  }

  show({ paper, figure, caption, mentions, abstract_text, neighbours }) {
    this.blocks = [];
    const children = [];
    const block = (source, parts) => {
      const made = element('p', { kind: 'text', 'data-source': source });
      this.blocks.push({ source, parts, element: made });
      return made;
    };
    children.push(element('h3', { text: figure }));
    if (caption.length) children.push(element('h3', { text: 'Caption' }), block('caption', caption));
    mentions.forEach(({ page, text }, index) => {
      children.push(element('h3', { text: `Citing sentence ${index + 1}, page ${page}` }), block(`mention ${index + 1}`, text));
    });
    if (abstract_text.length) {
      const details = element('details', {}, element('summary', { text: 'Abstract' }), block('abstract', abstract_text));
      children.push(details);
    }
    const about = element('dl');
    for (const [name, text] of paper) about.append(element('dt', { text: name }), element('dd', {}, element('bdi', { text })));
    children.push(element('h3', { text: 'Paper' }), about);
    if (neighbours.length) {
      const list = element('ul', { kind: 'list' });
      for (const { picture, decided } of neighbours) {
        list.append(element('li', { text: `${picture.told}, ${picture.width} x ${picture.height}: ${decided.join(', ') || 'undecided'}` }));
      }
      children.push(element('h3', { text: 'Other pictures of the figure' }), list);
    }
    this.root.replaceChildren(...children);
    this.mark('');
  }

  // Sets off a quotation wherever it stands.
  mark(span) {
    for (const { parts, element: block } of this.blocks ?? []) {
      const at = span ? find(whole(parts), span) : null;
      const made = [];
      let from = 0;
      for (const { text, kind } of parts) {
        const inside = at ? [Math.max(at[0] - from, 0), Math.min(at[1] - from, text.length)] : [0, 0];
        const [a, b] = inside[0] < inside[1] ? inside : [0, 0];
        for (const [piece, marked] of [[text.slice(0, a), false], [text.slice(a, b), true], [text.slice(b), false]]) {
          if (piece) made.push(element(marked ? 'mark' : 'span', { text: piece, kind }));
        }
        from += text.length;
      }
      block.replaceChildren(...made);
      if (at) block.closest('details')?.setAttribute('open', '');
    }
  }

  // What was dragged over, in whole words.
  take() {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || selection.rangeCount === 0) return;
    const range = selection.getRangeAt(0);
    const block = (this.blocks ?? []).find(({ element: e }) => e.contains(range.startContainer) && e.contains(range.endContainer));
    if (!block) return;
    const before = document.createRange();
    before.selectNodeContents(block.element);
    before.setEnd(range.startContainer, range.startOffset);
    const text = whole(block.parts);
    let start = before.toString().length;
    let end = start + range.toString().length;
    while (start < end && /\s/.test(text[start])) start += 1;
    while (end > start && /\s/.test(text[end - 1])) end -= 1;
    while (start > 0 && !/\s/.test(text[start - 1])) start -= 1;
    while (end < text.length && !/\s/.test(text[end])) end += 1;
    const words = text.slice(start, end).replace(/\s+/g, ' ');
    selection.removeAllRanges();
    if (words) this.choose(block.source, words);
  }
}
