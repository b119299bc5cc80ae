// Draws each dashboard as one SVG: panels at their places, from the dashboard's own JSON and what Prometheus answered to its expressions.
// usage: node draw.mjs DASHBOARDS ANSWERS PICTURES
import fs from 'node:fs';
import path from 'node:path';
import * as echarts from 'echarts';
import { valueText, legendText } from './text.mjs';

const [dashboards, answers, pictures] = process.argv.slice(2);
if (!pictures) {
  console.error('usage: node draw.mjs DASHBOARDS ANSWERS PICTURES');
  process.exit(2);
}

// Grafana's grid on a laptop of 1366 pixels: 24 columns, rows of 30 pixels, 8 between.
const column = 56, row = 38, gap = 8, left = 8, top = 44;
const palette = ['#7EB26D', '#EAB839', '#6ED0E0', '#EF843C', '#E24D42', '#1F78C1', '#BA43A9', '#705DA0', '#508642', '#CCA300'];
const named = { green: '#56a64b', orange: '#ff9830', red: '#e02f44', yellow: '#f2cc0c', purple: '#a352cc' };
const escape = text => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
const short = (text, room) => (text.length > room ? text.slice(0, Math.max(1, room - 1)) + '…' : text);
const latest = series => Number(series.values.at(-1)[1]);

fs.mkdirSync(pictures, { recursive: true });
for (const file of fs.readdirSync(dashboards).filter(name => name.endsWith('.json')).sort()) {
  const dashboard = JSON.parse(fs.readFileSync(path.join(dashboards, file), 'utf8'));
  const answered = JSON.parse(fs.readFileSync(path.join(answers, file), 'utf8'));
  const marks = (dashboard.annotations.list ?? []).flatMap(annotation => (answered[annotation.expr] ?? []).map(series => ({ at: latest(series), text: legendText(annotation.titleFormat, series.metric) })));
  const parts = dashboard.panels.map(panel => place(panel, draw(panel, answered, marks)));
  const height = top + row * Math.max(...dashboard.panels.map(panel => panel.gridPos.y + panel.gridPos.h)) + gap;
  const width = 24 * column + 2 * left;
  fs.writeFileSync(path.join(pictures, file.replace('.json', '.svg')), `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="Inter, Helvetica, Arial, sans-serif">
<rect width="100%" height="100%" fill="#f4f5f5"/>
<text x="${left + 4}" y="28" font-size="18" fill="#24292e">${escape(dashboard.title)}</text>
<text x="${width - left - 4}" y="28" font-size="12" fill="#6e6e6e" text-anchor="end">simulated engines and GPUs of the Lab under a test's load; drawn by tools/dashboard-pictures, not by Grafana</text>
${parts.join('\n')}
</svg>
`);
  console.log(path.join(pictures, file.replace('.json', '.svg')));
}

function sizeOf(panel) {
  return { x: left + panel.gridPos.x * column, y: top + panel.gridPos.y * row, width: panel.gridPos.w * column - gap, height: panel.gridPos.h * row - gap };
}

function place(panel, inside) {
  const { x, y, width, height } = sizeOf(panel);
  if (panel.type === 'row') return `<text x="${x}" y="${y + 22}" font-size="14" font-weight="600" fill="#24292e">${escape(panel.title)}</text>`;
  return `<svg x="${x}" y="${y}" width="${width}" height="${height}"><rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="3" fill="#fff" stroke="#dcdcdc"/>
<text x="10" y="20" font-size="12.5" font-weight="600" fill="#24292e">${escape(short(panel.title, width / 7))}</text>${inside}</svg>`;
}

function draw(panel, answered, marks) {
  if (panel.type === 'row') return '';
  const { width, height } = sizeOf(panel);
  let series = panel.targets.flatMap(target => (answered[target.expr] ?? []).map(one => ({ ...one, ref: target.refId, name: legendText(target.legendFormat, one.metric) })));
  const room = { width: width - 8, height: height - 30 };
  // What a panel of latest values asks is what holds at the end.
  if (['stat', 'table', 'bargauge'].includes(panel.type)) {
    const end = Math.max(...series.map(one => one.values.at(-1)[0]));
    series = series.filter(one => one.values.at(-1)[0] === end);
  }
  if (series.length === 0) return `<text x="${width / 2}" y="${height / 2 + 8}" font-size="13" fill="#8e8e8e" text-anchor="middle">${panel.fieldConfig.defaults.noValue}</text>`;
  const inside = { stat: stat, table: table, bargauge: bars, timeseries: lines, 'status-history': cells }[panel.type](panel, series, room, marks);
  return `<svg x="4" y="28" width="${room.width}" height="${room.height}">${inside}</svg>`;
}

function colorOf(panel, value) {
  let color = 'green';
  for (const step of panel.fieldConfig.defaults.thresholds.steps) if (step.value === null || value >= step.value) color = step.color;
  return named[color] ?? color;
}

function stat(panel, series, room) {
  const value = latest(series[0]);
  return `<text x="${room.width / 2}" y="${room.height / 2 + 12}" font-size="${Math.min(34, room.height / 2.4)}" fill="${colorOf(panel, value)}" text-anchor="middle">${escape(valueText(value, panel.fieldConfig.defaults.unit, panel.fieldConfig.defaults.decimals))}</text>`;
}

function table(panel, series, room) {
  const organize = panel.transformations.find(step => step.id === 'organize').options;
  const fields = Object.entries(organize.indexByName).sort((a, b) => a[1] - b[1]).map(([field]) => field);
  const units = Object.fromEntries(panel.fieldConfig.overrides.map(change => [change.matcher.options, change.properties[0].value]));
  const rows = new Map();
  // As Grafana's merge: what has the same labels is one row; an answer with fewer labels joins those that agree with it.
  for (const one of series) {
    const key = JSON.stringify(Object.entries(one.metric).filter(([label]) => label !== '__name__').sort());
    const target = [...rows.values()].find(known => Object.entries(one.metric).every(([label, value]) => known[label] === undefined || known[label] === value) && Object.keys(one.metric).some(label => known[label] === one.metric[label])) && panel.targets.length > 1
      ? [...rows.values()].find(known => Object.entries(one.metric).every(([label, value]) => known[label] === undefined || known[label] === value))
      : rows.get(key) ?? {};
    Object.assign(target, one.metric, { [panel.targets.length > 1 ? `Value #${one.ref}` : 'Value']: latest(one) });
    if (![...rows.values()].includes(target)) rows.set(key, target);
  }

  const lines = [...rows.values()].slice(0, Math.floor(room.height / 22) - 1);
  const widths = fields.map(field => Math.max(organize.renameByName[field].length, ...lines.map(line => cell(line, field).length)) + 2);
  const scale = room.width / widths.reduce((a, b) => a + b, 0);
  let text = '';
  let x = 6;
  fields.forEach((field, i) => {
    text += `<text x="${x}" y="15" font-size="11.5" font-weight="600" fill="#1f60c4">${escape(organize.renameByName[field])}</text>`;
    lines.forEach((line, n) => { text += `<text x="${x}" y="${37 + n * 22}" font-size="12" fill="#24292e">${escape(short(cell(line, field), widths[i] * scale / 6.4))}</text>`; });
    x += widths[i] * scale;
  });
  return text;

  function cell(line, field) {
    const value = line[field];
    return value === undefined ? '' : typeof value === 'number' ? valueText(value, units[organize.renameByName[field]] ?? panel.fieldConfig.defaults.unit) : value;
  }
}

function bars(panel, series, room) {
  const { min = 0, max } = panel.fieldConfig.defaults;
  const most = max ?? Math.max(...series.map(latest), 1);
  return series.slice(0, Math.floor(room.height / 30)).map((one, i) => {
    const value = latest(one);
    return `<text x="6" y="${i * 30 + 19}" font-size="12" fill="#24292e">${escape(short(one.name, 18))}</text><rect x="120" y="${i * 30 + 5}" width="${room.width - 190}" height="20" fill="#eee"/>
<rect x="120" y="${i * 30 + 5}" width="${(room.width - 190) * Math.min(1, Math.max(0, (value - min) / (most - min)))}" height="20" fill="${colorOf(panel, value)}"/><text x="${room.width - 62}" y="${i * 30 + 19}" font-size="12" fill="#24292e">${escape(valueText(value, panel.fieldConfig.defaults.unit))}</text>`;
  }).join('');
}

function render(room, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: room.width, height: room.height });
  chart.setOption({ animation: false, textStyle: { fontFamily: 'Inter, Helvetica, Arial, sans-serif' }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg.replace(/^<\?xml[^>]*>/, '');
}

function lines(panel, series, room, marks) {
  const stacked = panel.fieldConfig.defaults.custom.stacking.mode === 'normal';
  const { min, max, unit, decimals } = panel.fieldConfig.defaults;
  const shown = series.slice(0, 12);
  const times = [...new Set(shown.flatMap(one => one.values.map(([at]) => at)))].sort((a, b) => a - b);
  const marked = panel.title === 'Replicas' || panel.title.startsWith('Output') ? marks : [];
  const legendRows = Math.ceil(shown.reduce((sum, one) => sum + one.name.length * 5.6 + 30, 0) / (room.width - 30));
  return render(room, {
    color: palette,
    grid: { left: 8, right: 10, top: 10, bottom: 10 + legendRows * 18, containLabel: true },
    xAxis: { type: 'time', axisLabel: { fontSize: 10, hideOverlap: true, formatter: '{HH}:{mm}:{ss}' }, splitNumber: Math.max(2, Math.floor(room.width / 130)) },
    yAxis: { type: 'value', min, max, scale: min === undefined, splitNumber: 3, minInterval: decimals === 0 ? 1 : undefined, axisLabel: { fontSize: 10, formatter: value => valueText(value, unit) }, splitLine: { lineStyle: { color: '#eee' } } },
    legend: { type: 'plain', bottom: 0, left: 4, right: 4, itemGap: 8, itemWidth: 12, itemHeight: 4, textStyle: { fontSize: 10 }, data: shown.map(one => one.name) },
    series: shown.map((one, i) => ({
      name: one.name,
      type: 'line',
      showSymbol: false,
      lineStyle: { width: 1.3 },
      stack: stacked ? 'all' : undefined,
      areaStyle: stacked ? { opacity: 0.4 } : undefined,
      data: points(one),
      markLine: i === 0 && marked.length > 0 ? {
        symbol: 'none', lineStyle: { color: named.purple, type: 'dashed' }, label: { fontSize: 9, color: named.purple, formatter: mark => mark.name, position: 'insideEndTop' },
        data: marked.map(mark => ({ xAxis: mark.at, name: mark.text })),
      } : undefined,
    })),
  });

  // Areas lie on each other at the same times: a series that is not there adds nothing.
  function points(one) {
    const known = new Map(one.values.map(([at, value]) => [at, Number(value)]));
    return (stacked ? times : [...known.keys()]).map(at => [at * 1000, known.has(at) ? (Number.isFinite(known.get(at)) ? known.get(at) : null) : 0]);
  }
}

function cells(panel, series, room) {
  const { min = 0, max = 1, unit } = panel.fieldConfig.defaults;
  const names = series.map(one => one.name);
  const times = [...new Set(series.flatMap(one => one.values.map(([at]) => at)))].sort((a, b) => a - b);
  const every = Math.max(1, Math.ceil(times.length / 80));
  const kept = times.filter((_, i) => i % every === 0);
  const at = new Map(kept.map((time, i) => [time, i]));
  const stepped = panel.fieldConfig.defaults.color.mode === 'thresholds';
  return render(room, {
    grid: { left: 24, right: 10, top: 8, bottom: stepped ? 8 : 34, containLabel: true },
    xAxis: { type: 'category', data: kept.map(time => new Date(time * 1000).toISOString().slice(11, 19)), axisLabel: { fontSize: 10, interval: Math.floor(kept.length / Math.max(2, Math.floor(room.width / 130))) } },
    yAxis: { type: 'category', data: names, axisLabel: { fontSize: 10 } },
    visualMap: stepped
      ? { show: false, type: 'piecewise', pieces: [{ lt: 1, color: '#999' }, { gte: 1, color: named.green }], dimension: 2 }
      : { min, max, calculable: false, orient: 'horizontal', left: 'center', bottom: 0, itemHeight: 120, itemWidth: 10, textStyle: { fontSize: 10 }, inRange: { color: ['#56a64b', '#f2cc0c', '#e02f44'] }, text: [valueText(max, unit), valueText(min, unit)] },
    series: [{ type: 'heatmap', data: series.flatMap((one, y) => one.values.filter(([time]) => at.has(time)).map(([time, value]) => [at.get(time), y, Number(value)])) }],
  });
}
