// The picture at native size: enlarged, moved, and its tones: level, window, inverted.

const NEAR = 2;
const MOST = 40;

export class Picture {
  constructor(elements) {
    Object.assign(this, elements); // frame, plane, image, tone, level, window, invert
    this.width = 1; this.height = 1; this.scale = 1; this.x = 0; this.y = 0;
    this.id = null;
    this.fingers = new Map();
    this.grab = null;
    this.onDrag = null;
    this.onChange = () => {};
    this.onLoad = () => {};
    this.image.addEventListener('load', () => this.onLoad());
    this.frame.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.zoomAt(event.clientX, event.clientY, Math.exp(-event.deltaY / 400));
    }, { passive: false });
    this.frame.addEventListener('pointerdown', (event) => this.down(event));
    this.frame.addEventListener('pointermove', (event) => this.move(event));
    for (const end of ['pointerup', 'pointercancel']) this.frame.addEventListener(end, (event) => this.up(event));
    for (const input of [this.level, this.window]) input.addEventListener('input', () => this.draw());
    new ResizeObserver(() => { if (this.fitted) this.fit(); }).observe(this.frame);
  }

  show({ id, width, height, told }) {
    if (id === this.id) return;
    Object.assign(this, { id, width, height });
    this.image.width = width;
    this.image.height = height;
    this.image.alt = `Picture of ${width} x ${height} pixels, ${told}`;
    this.image.src = `/picture/${id}`;
    this.plane.style.width = `${width}px`;
    this.plane.style.height = `${height}px`;
    this.asStored();
    this.fit();
  }

  fit(part) {
    const { clientWidth: w, clientHeight: h } = this.frame;
    const [x, y, pw, ph] = part ?? [0, 0, this.width, this.height];
    const room = part ? 0.9 : 1;
    this.scale = Math.min(w / pw, h / ph) * room || 1;
    this.x = (w - pw * this.scale) / 2 - x * this.scale;
    this.y = (h - ph * this.scale) / 2 - y * this.scale;
    this.fitted = !part;
    this.place();
  }

  native() {
    const { clientWidth: w, clientHeight: h } = this.frame;
    this.scale = 1 / devicePixelRatio;
    this.x = Math.round((w - this.width * this.scale) / 2);
    this.y = Math.round((h - this.height * this.scale) / 2);
    this.fitted = false;
    this.place();
  }

  zoomAt(clientX, clientY, times) {
    const box = this.frame.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top];
    const scale = Math.min(Math.max(this.scale * times, 0.02), MOST);
    const by = scale / this.scale;
    this.x = x - (x - this.x) * by;
    this.y = y - (y - this.y) * by;
    this.scale = scale;
    this.fitted = false;
    this.place();
  }

  zoom(times) {
    const box = this.frame.getBoundingClientRect();
    this.zoomAt(box.left + box.width / 2, box.top + box.height / 2, times);
  }

  pan(x, y) {
    this.x += x;
    this.y += y;
    this.fitted = false;
    this.place();
  }

  place() {
    this.plane.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.plane.classList.toggle('near', this.scale * devicePixelRatio >= NEAR);
    this.onChange();
  }

  // Pixels of the picture under a point of the screen.
  at(event) {
    const box = this.frame.getBoundingClientRect();
    return [(event.clientX - box.left - this.x) / this.scale, (event.clientY - box.top - this.y) / this.scale];
  }

  down(event) {
    if (event.button > 1) return;
    this.fingers.set(event.pointerId, [event.clientX, event.clientY]);
    this.frame.setPointerCapture(event.pointerId);
    if (this.fingers.size === 2) {
      this.onDrag?.cancel();
      this.grab = null;
      return;
    }
    const takes = event.button === 0 && this.onDrag?.begin(event);
    this.grab = takes ? 'box' : 'plane';
  }

  move(event) {
    const before = this.fingers.get(event.pointerId);
    if (!before) { this.onDrag?.hover?.(event); return; }
    const now = [event.clientX, event.clientY];
    this.fingers.set(event.pointerId, now);
    if (this.fingers.size === 2) {
      const [other] = [...this.fingers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const apart = (a) => Math.hypot(a[0] - other[0], a[1] - other[1]) || 1;
      this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      this.zoomAt((now[0] + other[0]) / 2, (now[1] + other[1]) / 2, apart(now) / apart(before));
    } else if (this.grab === 'box') {
      this.onDrag.drag(event);
    } else if (this.grab === 'plane') {
      this.pan(now[0] - before[0], now[1] - before[1]);
    }
  }

  up(event) {
    if (!this.fingers.delete(event.pointerId)) return;
    if (this.grab === 'box') {
      if (event.type === 'pointerup') this.onDrag.end(event); else this.onDrag.cancel();
    }
    this.grab = null;
  }

  // Level and window as viewers of scans have them, in grey values; both by keys too.
  shift(level, width) {
    this.level.value = Number(this.level.value) + level;
    this.window.value = Number(this.window.value) + width;
    this.draw();
    return `level ${this.level.value}, window ${this.window.value}`;
  }

  turn() {
    this.invert.setAttribute('aria-pressed', this.invert.getAttribute('aria-pressed') !== 'true');
    this.draw();
  }

  asStored() {
    this.level.value = 0;
    this.window.value = 256;
    this.invert.setAttribute('aria-pressed', 'false');
    this.draw();
  }

  draw() {
    const [level, width] = [Number(this.level.value), Number(this.window.value)];
    const inverted = this.invert.getAttribute('aria-pressed') === 'true';
    // Grey g becomes (g - (128 - level)) / width + 1/2, all as shares of 256.
    let slope = 256 / width;
    let intercept = 0.5 - slope * (0.5 - level / 256);
    if (inverted) [slope, intercept] = [-slope, 1 - intercept];
    for (const f of this.tone.querySelectorAll('feFuncR, feFuncG, feFuncB')) {
      f.setAttribute('slope', slope);
      f.setAttribute('intercept', intercept);
    }
    this.image.style.filter = level === 0 && width === 256 && !inverted ? 'none' : 'url(#tone)';
  }
}

// A part of a picture, as small as a thumbnail.
export function thumbnail({ picture, bounds }, side) {
  const [x, y, w, h] = bounds;
  const scale = side / Math.max(w, h);
  const cut = document.createElement('span');
  cut.className = 'cut';
  cut.style.width = `${Math.max(1, w * scale)}px`;
  cut.style.height = `${Math.max(1, h * scale)}px`;
  const image = document.createElement('img');
  image.src = `/picture/${picture.id}`;
  image.alt = '';
  image.style.width = `${picture.width * scale}px`;
  image.style.height = `${picture.height * scale}px`;
  image.style.left = `${-x * scale}px`;
  image.style.top = `${-y * scale}px`;
  cut.append(image);
  return cut;
}
