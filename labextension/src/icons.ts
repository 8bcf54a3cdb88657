import { LabIcon } from '@jupyterlab/ui-components';

/** Two strands and the steps between them: omics, one step after another. */
export const logoIcon = new LabIcon({
  name: 'agentomics-nb:logo',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="none" stroke="#616161" stroke-width="1.8" stroke-linecap="round">
    <path d="M7 2c0 6 10 8 10 14 0 2.5-1.5 4.500-3 6"/>
    <path d="M17 2c0 6-10 8-10 14 0 2.500 1.500 4.500 3 6"/>
    <path d="M8.500 5h7M8.500 19h7M9 15.500h6"/>
  </g>
</svg>`,
});
