/** The front end of the dashboard widget (an anywidget module). */
import { Dashboard, type IModel } from './dashboard';

function render({ model, el }: { model: IModel; el: HTMLElement }): () => void {
  const dashboard = new Dashboard(model, el);
  return () => {
    dashboard.dispose();
  };
}

export default { render };
