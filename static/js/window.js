/* Shows how full the model's window was with the last answer; nothing while nobody knows.
   <progress data-window-meter hidden></progress>  <div data-turn-end data-window data-window-used data-window-label></div> */

export function showWindow(meter, end) {
  const { window: size, windowUsed: used, windowLabel: label } = end?.dataset ?? {};
  meter.hidden = !label;
  if (!label) return;
  meter.max = Number(size);
  meter.value = Number(used);
  meter.ariaLabel = meter.title = label;
}
