/** The dashboard's colours as the page's style sheet gives them now; canvases cannot read style sheets. */
export interface IColours {
  text: string;
  dim: string;
  line: string;
  validation: string;
  train: string;
  background: string;
}

export function readColours(root: HTMLElement): IColours {
  const style = getComputedStyle(root);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: of('--agd-fg'),
    dim: of('--agd-dim'),
    line: of('--agd-line'),
    validation: of('--agd-validation'),
    train: of('--agd-train'),
    background: of('--agd-bg'),
  };
}

/** Call back whenever the theme changes. */
export function onTheme(callback: () => void): () => void {
  const observer = new MutationObserver(callback);
  observer.observe(document.body, {
    attributes: true,
    attributeFilter: ['data-jp-theme-light', 'data-jp-theme-name', 'class', 'data-theme'],
  });
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', callback);
  return () => {
    observer.disconnect();
    query.removeEventListener('change', callback);
  };
}
