/** Names of the commands; people bind keys to them, so they stay. */
export const START = 'agentomics:start';
export const STOP = 'agentomics:stop';
export const PAUSE = 'agentomics:pause';
export const RESUME = 'agentomics:resume';
export const NEXT = 'agentomics:next-cell';
export const PREVIOUS = 'agentomics:previous-cell';
export const JUMP = 'agentomics:jump-to-current-cell';
export const FOLD = 'agentomics:fold-cells';
export const EXPORT = 'agentomics:export';
export const VERIFY = 'agentomics:verify';
export const PREDICT = 'agentomics:predict';
export const RETRAIN = 'agentomics:retrain';
export const REPORT = 'agentomics:report';
export const SKIP_STEP = 'agentomics:skip-step';
export const TAKE = 'agentomics:show-cells-here';
export const RUN_ON = 'agentomics:run-on-file';
export const NEW = 'agentomics:new-notebook';
export const APPROVE = 'agentomics:approve-cell';
export const EDIT = 'agentomics:edit-cell';
export const SKIP = 'agentomics:skip-cell';
export const KEEP = {
  step: 'agentomics:keep-step',
  iteration: 'agentomics:keep-iteration',
  run: 'agentomics:keep-run',
};
export const REJECT = {
  step: 'agentomics:reject-step',
  iteration: 'agentomics:reject-iteration',
  run: 'agentomics:reject-run',
};
