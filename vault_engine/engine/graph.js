"use strict";
// Notes come into this page as data only: every text is set with textContent or drawn on the canvas.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const canvas = byId("canvas"), pen = canvas.getContext("2d");
  const NOTE = 0, UNRESOLVED = 2, COLOURS = 8, MAX_RESULTS = 20;
  const nodes = data.nodes.map(([kind, title, path, category]) => ({ kind, title, path, category }));
  const count = nodes.length, links = data.edges.length / 3;
  const from = new Int32Array(links), to = new Int32Array(links);
  const near = nodes.map(() => []);
  for (let i = 0; i < links; i++) {
    from[i] = data.edges[3 * i];
    to[i] = data.edges[3 * i + 1];
    const relation = data.relations[data.edges[3 * i + 2]];
    near[from[i]].push({ node: to[i], relation, out: true });
    near[to[i]].push({ node: from[i], relation, out: false });
  }
  const degree = Float64Array.from(near, (some) => Math.max(some.length, 1));
  const radius = degree.map((links) => 2.5 + Math.min(Math.sqrt(links), 9));

  // ---- colours: the most frequent categories have their own, the others share one

  const sizes = new Map();
  for (const node of nodes) if (node.kind === NOTE) sizes.set(node.category, (sizes.get(node.category) || 0) + 1);
  const categories = [...sizes.keys()].sort((a, b) => sizes.get(b) - sizes.get(a) || (a < b ? -1 : 1));
  const rank = new Map(categories.map((category, i) => [category, i]));
  const colourOf = nodes.map((n) => (n.kind === NOTE && rank.get(n.category) < COLOURS ? rank.get(n.category) : COLOURS));
  let colours = {};
  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    const value = (name) => style.getPropertyValue(`--${name}`).trim();
    colours = { text: value("text"), back: value("back"), link: value("link"), mark: value("mark"), node: [] };
    for (let i = 0; i < COLOURS; i++) colours.node.push(value(`c${i}`));
    colours.node.push(value("none"));
  };

  // ---- layout: springs along links, repulsion by Barnes and Hut's tree, a pull to the middle

  const x = new Float64Array(count), y = new Float64Array(count);
  const vx = new Float64Array(count), vy = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const distance = 12 * Math.sqrt(i + 0.5), angle = i * 2.399963;
    x[i] = distance * Math.cos(angle);
    y[i] = distance * Math.sin(angle);
  }
  const CELLS = 6 * count + 64, REPULSION = 60, LENGTH = 36, PULL = 0.05, ALONE = 0.2, THETA2 = 0.81;
  const child = new Int32Array(4 * CELLS), mass = new Float64Array(CELLS);
  const sumX = new Float64Array(CELLS), sumY = new Float64Array(CELLS), width = new Float64Array(CELLS);
  const stack = new Int32Array(4096);
  let alpha = 1, held = -1;

  function grow() { // puts every node into a tree of squares; a child is a square (> 0), a node (< 0) or nothing
    let low = Infinity, high = -Infinity;
    for (let i = 0; i < count; i++) {
      low = Math.min(low, x[i], y[i]);
      high = Math.max(high, x[i], y[i]);
    }
    const size = high - low + 1, middle = (low + high) / 2;
    let used = 1;
    child.fill(0, 0, 4);
    mass[0] = sumX[0] = sumY[0] = 0;
    width[0] = size;
    for (let i = 0; i < count; i++) {
      let cell = 0, half = size / 2, midX = middle, midY = middle;
      for (let depth = 0; depth < 32; depth++) {
        mass[cell] += 1;
        sumX[cell] += x[i];
        sumY[cell] += y[i];
        const at = 4 * cell + (x[i] >= midX ? 1 : 0) + (y[i] >= midY ? 2 : 0), met = child[at];
        if (met === 0) {
          child[at] = -(i + 1);
          break;
        }
        half /= 2;
        midX += x[i] >= midX ? half : -half;
        midY += y[i] >= midY ? half : -half;
        if (met > 0) {
          cell = met;
          continue;
        }
        if (used === CELLS) break;
        const other = -met - 1;
        cell = child[at] = used++;
        child.fill(0, 4 * cell, 4 * cell + 4);
        child[4 * cell + (x[other] >= midX ? 1 : 0) + (y[other] >= midY ? 2 : 0)] = met;
        mass[cell] = 1;
        sumX[cell] = x[other];
        sumY[cell] = y[other];
        width[cell] = 2 * half;
      }
    }
  }

  function repel(i) {
    let top = 0;
    stack[top++] = 0;
    while (top > 0) {
      const cell = stack[--top];
      for (let at = 4 * cell; at < 4 * cell + 4; at++) {
        const met = child[at];
        if (met === 0 || met === -(i + 1)) continue;
        const weight = met > 0 ? mass[met] : 1;
        let dx = (met > 0 ? sumX[met] / weight : x[-met - 1]) - x[i];
        let dy = (met > 0 ? sumY[met] / weight : y[-met - 1]) - y[i];
        let square = dx * dx + dy * dy;
        if (met > 0 && width[met] * width[met] > THETA2 * square && top < stack.length) {
          stack[top++] = met;
          continue;
        }
        if (square < 1) {
          dx += (i % 7) / 7 - 0.5;
          dy += (i % 11) / 11 - 0.5;
          square = 1;
        }
        vx[i] -= (dx * REPULSION * weight * alpha) / square;
        vy[i] -= (dy * REPULSION * weight * alpha) / square;
      }
    }
  }

  function tick() {
    grow();
    for (let i = 0; i < count; i++) {
      repel(i);
      const pull = (near[i].length ? PULL : ALONE) * alpha;
      vx[i] -= x[i] * pull;
      vy[i] -= y[i] * pull;
    }
    for (let i = 0; i < links; i++) {
      const a = from[i], b = to[i];
      const dx = x[b] + vx[b] - x[a] - vx[a], dy = y[b] + vy[b] - y[a] - vy[a];
      const distance = Math.sqrt(dx * dx + dy * dy) || 1;
      const strength = ((distance - LENGTH) / distance) * (alpha / Math.min(degree[a], degree[b]));
      const share = degree[a] / (degree[a] + degree[b]);
      vx[b] -= dx * strength * share;
      vy[b] -= dy * strength * share;
      vx[a] += dx * strength * (1 - share);
      vy[a] += dy * strength * (1 - share);
    }
    for (let i = 0; i < count; i++) {
      vx[i] *= 0.6;
      vy[i] *= 0.6;
      if (i === held) continue;
      x[i] += vx[i];
      y[i] += vy[i];
    }
    alpha *= 0.977;
  }

  // ---- view: the point of the graph in the middle of the window, and how large it is drawn

  let middleX = 0, middleY = 0, zoom = 1, isOwnView = false;
  let selected = -1, hovered = -1, found = null, isDirty = true;
  const screenX = (i) => (x[i] - middleX) * zoom + innerWidth / 2;
  const screenY = (i) => (y[i] - middleY) * zoom + innerHeight / 2;
  const graphX = (px) => (px - innerWidth / 2) / zoom + middleX;
  const graphY = (py) => (py - innerHeight / 2) / zoom + middleY;

  const dotScale = () => Math.min(Math.max(zoom, 0.45), 1.5); // however small the graph, its nodes are seen

  function fit() {
    if (!count) return;
    let left = Infinity, right = -Infinity, upper = Infinity, lower = -Infinity;
    for (let i = 0; i < count; i++) {
      left = Math.min(left, x[i]);
      right = Math.max(right, x[i]);
      upper = Math.min(upper, y[i]);
      lower = Math.max(lower, y[i]);
    }
    middleX = (left + right) / 2;
    middleY = (upper + lower) / 2;
    zoom = Math.min(innerWidth / (right - left + 80), innerHeight / (lower - upper + 80), 3);
    isDirty = true;
  }

  function zoomAt(px, py, factor) {
    const gx = graphX(px), gy = graphY(py);
    zoom = Math.min(Math.max(zoom * factor, 0.01), 20);
    middleX = gx - (px - innerWidth / 2) / zoom;
    middleY = gy - (py - innerHeight / 2) / zoom;
    isOwnView = isDirty = true;
  }

  function nodeAt(px, py) {
    let best = -1, least = Infinity;
    for (let i = 0; i < count; i++) {
      const dx = screenX(i) - px, dy = screenY(i) - py, square = dx * dx + dy * dy;
      const reach = Math.max(radius[i] * dotScale(), 4) + 4;
      if (square < reach * reach && square < least) {
        best = i;
        least = square;
      }
    }
    return best;
  }

  // ---- drawing

  function strength(i, shown) {
    return (shown && !shown.has(i) ? 0.12 : 1) * (nodes[i].kind === UNRESOLVED ? 0.4 : 1);
  }

  function drawLinks(shown) {
    pen.lineWidth = Math.min(Math.max(zoom * 0.7, 0.3), 1.2);
    pen.strokeStyle = colours.link;
    pen.globalAlpha = shown ? 0.1 : Math.min(0.55, 0.12 + zoom * 0.4);
    pen.beginPath();
    for (let i = 0; i < links; i++) {
      pen.moveTo(screenX(from[i]), screenY(from[i]));
      pen.lineTo(screenX(to[i]), screenY(to[i]));
    }
    pen.stroke();
    const focus = hovered >= 0 ? hovered : selected;
    if (focus < 0) return;
    pen.globalAlpha = 0.9;
    pen.strokeStyle = pen.fillStyle = colours.mark;
    for (const { node, out } of near[focus]) {
      const a = out ? focus : node, b = out ? node : focus;
      const angle = Math.atan2(screenY(b) - screenY(a), screenX(b) - screenX(a));
      const back = radius[b] * dotScale() + 1;
      const tipX = screenX(b) - back * Math.cos(angle), tipY = screenY(b) - back * Math.sin(angle);
      pen.beginPath();
      pen.moveTo(screenX(a), screenY(a));
      pen.lineTo(tipX, tipY);
      pen.stroke();
      pen.beginPath();
      pen.moveTo(tipX, tipY);
      pen.lineTo(tipX - 7 * Math.cos(angle - 0.4), tipY - 7 * Math.sin(angle - 0.4));
      pen.lineTo(tipX - 7 * Math.cos(angle + 0.4), tipY - 7 * Math.sin(angle + 0.4));
      pen.fill();
    }
  }

  function drawNodes(shown) {
    const full = 2 * Math.PI;
    for (let i = 0; i < count; i++) {
      const px = screenX(i), py = screenY(i), size = radius[i] * dotScale();
      if (px < -20 || py < -20 || px > innerWidth + 20 || py > innerHeight + 20) continue;
      pen.globalAlpha = strength(i, shown);
      pen.fillStyle = colours.node[colourOf[i]];
      pen.beginPath();
      if (nodes[i].kind === 1) pen.rect(px - size * 0.8, py - size * 0.8, size * 1.6, size * 1.6);
      else pen.arc(px, py, Math.max(size, 1), 0, full);
      pen.fill();
      if (i === selected || i === hovered) {
        pen.globalAlpha = 1;
        pen.strokeStyle = colours.mark;
        pen.lineWidth = 2;
        pen.beginPath();
        pen.arc(px, py, size + 3, 0, full);
        pen.stroke();
      }
    }
  }

  const byDegree = Array.from(nodes.keys()).sort((a, b) => degree[b] - degree[a]);

  function drawLabels(shown) {
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.lineJoin = "round";
    pen.lineWidth = 3;
    const taken = [];
    const first = [hovered, selected, ...(shown ? [...shown].slice(0, 200) : [])].filter((i) => i >= 0);
    for (const i of [...first, ...byDegree]) {
      if (taken.length > 40 + 110 * Math.min(zoom, 1)) break;
      const px = screenX(i), py = screenY(i);
      if (px < 0 || py < 0 || px > innerWidth || py > innerHeight || (shown && !shown.has(i))) continue;
      const title = nodes[i].title.length > 40 ? nodes[i].title.slice(0, 39) + "…" : nodes[i].title;
      const half = title.length * 3.4 + 4, top = py + radius[i] * dotScale() + 13;
      if (taken.some(([ox, oy, other]) => Math.abs(ox - px) < half + other && Math.abs(oy - top) < 15)) continue;
      taken.push([px, top, half]);
      pen.globalAlpha = Math.max(strength(i, null), 0.6);
      pen.strokeStyle = colours.back;
      pen.fillStyle = colours.text;
      pen.strokeText(title, px, top);
      pen.fillText(title, px, top);
    }
  }

  function draw() {
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(innerWidth * ratio) || canvas.height !== Math.round(innerHeight * ratio)) {
      canvas.width = Math.round(innerWidth * ratio);
      canvas.height = Math.round(innerHeight * ratio);
    }
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, innerWidth, innerHeight);
    const focus = hovered >= 0 ? hovered : selected;
    const shown = focus >= 0 ? new Set([focus, ...near[focus].map((one) => one.node)]) : found;
    drawLinks(shown);
    drawNodes(shown);
    drawLabels(shown);
    pen.globalAlpha = 1;
  }

  function frame() {
    const start = performance.now();
    while (alpha > 0.003 && performance.now() - start < 14) {
      tick();
      isDirty = true;
    }
    if (isDirty) {
      if (!isOwnView) fit();
      draw();
      isDirty = false;
    }
    requestAnimationFrame(frame);
  }

  // ---- what is chosen, and what is found

  function item(text, node) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text || "(no name)";
    button.addEventListener("click", () => select(node, true));
    return button;
  }

  function select(node, isMoved) {
    selected = node;
    isDirty = true;
    byId("panel").hidden = node < 0;
    if (node < 0) return;
    const chosen = nodes[node];
    byId("name").textContent = chosen.title;
    byId("path").textContent = chosen.path ?? "No file answers to this link.";
    const about = `${near[node].filter((one) => one.out).length} links, ${near[node].filter((one) => !one.out).length} links to it`;
    byId("about").textContent = chosen.category ? `${chosen.category} · ${about}` : about;
    byId("neighbours").replaceChildren(
      ...near[node].map(({ node: other, relation, out }) => {
        const line = document.createElement("li"), how = document.createElement("span");
        how.className = "how";
        how.textContent = `${out ? "→" : "←"} ${relation}`;
        line.append(how, item(nodes[other].title, other));
        return line;
      }),
    );
    if (isMoved) {
      middleX = x[node];
      middleY = y[node];
      zoom = Math.max(zoom, 1);
      isOwnView = true;
    }
  }

  const words = nodes.map((node) => `${node.title}\n${node.path ?? ""}`.toLowerCase());

  function search() {
    const wanted = byId("search").value.trim().toLowerCase();
    found = wanted ? new Set(byDegree.filter((i) => words[i].includes(wanted))) : null;
    byId("results").replaceChildren(
      ...[...(found ?? [])].slice(0, MAX_RESULTS).map((i) => {
        const line = document.createElement("li");
        line.append(item(nodes[i].title, i));
        return line;
      }),
    );
    isDirty = true;
  }

  byId("search").addEventListener("input", search);
  byId("tools").addEventListener("submit", (event) => {
    event.preventDefault();
    if (found?.size) select(found.values().next().value, true);
  });
  byId("close").addEventListener("click", () => select(-1));
  byId("fit").addEventListener("click", () => {
    isOwnView = false;
    isDirty = true;
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      byId("search").value = "";
      search();
      select(-1);
      canvas.focus();
    } else if (event.target !== byId("search") && event.key === "/") {
      event.preventDefault();
      byId("search").focus();
    } else if (event.target !== byId("search") && event.key === "0") byId("fit").click();
  });

  // ---- pointers: one drags a node or the view, two zoom

  const pointers = new Map();
  let travelled = 0;

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
    travelled = 0;
    held = pointers.size === 1 ? nodeAt(event.clientX, event.clientY) : -1;
    canvas.classList.add("dragging");
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) {
      const under = nodeAt(event.clientX, event.clientY);
      if (under !== hovered) isDirty = true;
      hovered = under;
      canvas.classList.toggle("on-node", under >= 0);
      return;
    }
    const dx = event.clientX - before[0], dy = event.clientY - before[1];
    travelled += Math.abs(dx) + Math.abs(dy);
    if (pointers.size === 2) {
      const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      const was = Math.hypot(before[0] - other[0], before[1] - other[1]) || 1;
      const is = Math.hypot(event.clientX - other[0], event.clientY - other[1]);
      zoomAt((event.clientX + other[0]) / 2, (event.clientY + other[1]) / 2, is / was);
    } else if (held >= 0 && travelled > 3) {
      x[held] = graphX(event.clientX);
      y[held] = graphY(event.clientY);
      isOwnView = true;
      alpha = Math.max(alpha, 0.2);
    } else if (held < 0) {
      middleX -= dx / zoom;
      middleY -= dy / zoom;
      isOwnView = true;
    }
    isDirty = true;
    pointers.set(event.pointerId, [event.clientX, event.clientY]);
  });
  function release(event) {
    if (!pointers.delete(event.pointerId)) return;
    if (event.type === "pointerup" && travelled <= 3) select(held, false);
    held = -1;
    canvas.classList.remove("dragging");
  }
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", () => {
    hovered = -1;
    isDirty = true;
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(event.clientX, event.clientY, Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)));
  }, { passive: false });
  addEventListener("resize", () => (isDirty = true));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readColours();
    isDirty = true;
  });

  // ---- beginning

  function legend(text, colour) {
    const line = document.createElement("li"), dot = document.createElement("i");
    dot.style.background = `var(--${colour})`;
    line.append(dot, document.createTextNode(text));
    byId("legend").append(line);
  }

  categories.slice(0, COLOURS).forEach((category, i) => legend(category || "(top folder)", `c${i}`));
  if (categories.length > COLOURS || nodes.some((node) => node.kind !== NOTE)) legend("others", "none");
  const part = data.total > count ? ` of ${data.total.toLocaleString("en")}` : "";
  byId("count").textContent = `${count.toLocaleString("en")}${part} nodes, ${links.toLocaleString("en")} links`;
  readColours();
  if (/^#\d+$/.test(location.hash) && location.hash.slice(1) < count) select(Number(location.hash.slice(1)), false);
  document.body.dataset.state = "ready";
  requestAnimationFrame(frame);
})();
