// Numbers and legends as Grafana writes them, for the units that our dashboards use.

const scaled = (value, steps, base) => {
  let i = 0;
  while (Math.abs(value) >= base && i < steps.length - 1) { value /= base; i++; }
  return trimmed(value) + steps[i];
};

const trimmed = value => (Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString());

function seconds(value) {
  const size = Math.abs(value);
  if (size === 0) return '0 s';
  if (size < 1e-3) return `${trimmed(value * 1e6)} µs`;
  if (size < 1) return `${trimmed(value * 1e3)} ms`;
  if (size < 60) return `${trimmed(value)} s`;
  if (size < 3600) return `${trimmed(value / 60)} min`;
  if (size < 86400) return `${trimmed(value / 3600)} h`;
  return `${trimmed(value / 86400)} days`;
}

/** A value with its unit: Grafana's id of it, such as percentunit. */
export function valueText(value, unit, decimals) {
  if (!Number.isFinite(value)) return String(value);
  switch (unit) {
    case 's': return seconds(value);
    case 'percentunit': return `${trimmed(value * 100)}%`;
    case 'percent': return `${trimmed(value)}%`;
    case 'bytes': return scaled(value, [' B', ' KiB', ' MiB', ' GiB', ' TiB'], 1024);
    case 'watt': return scaled(value, [' W', ' kW', ' MW'], 1000);
    case 'reqps': return `${trimmed(value)} req/s`;
    case 'ops': return `${trimmed(value)} ops/s`;
    default: return decimals === 0 && Math.abs(value) < 1000 ? value.toFixed(0) : scaled(value, ['', ' K', ' Mil', ' Bil'], 1000);
  }
}

/** A series' name: the legend's text with {{label}} filled in; without one, its labels. */
export function legendText(format, labels) {
  if (!format || format === '__auto') return Object.entries(labels).filter(([name]) => name !== '__name__').map(([name, value]) => `${name}="${value}"`).join(', ') || 'value';
  return format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? '');
}
