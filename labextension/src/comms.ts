/** Which comms a kernel holds. */
import { KernelMessage, type Kernel } from '@jupyterlab/services';

import { isFields } from './protocol';

/** Return the ids of a target's comms; asked over the control channel, which a busy kernel answers, too. */
export async function commsOf(kernel: Kernel.IKernelConnection, target: string): Promise<string[]> {
  const request = KernelMessage.createMessage<KernelMessage.IInfoRequestMsg>({
    msgType: 'comm_info_request',
    channel: 'control',
    session: kernel.clientId,
    username: kernel.username,
    content: { target_name: target },
  } as unknown as KernelMessage.IOptions<KernelMessage.IInfoRequestMsg>);
  const future = kernel.sendControlMessage(request as unknown as KernelMessage.IControlMessage, true, true);
  const reply: unknown = await future.done;
  const content = isFields(reply) && isFields(reply.content) ? reply.content : {};
  const comms = isFields(content.comms) ? content.comms : {};
  return Object.entries(comms)
    .filter(([, comm]) => isFields(comm) && comm.target_name === target)
    .map(([id]) => id);
}
