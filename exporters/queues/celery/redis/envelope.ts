import { randomUUID } from 'node:crypto';
import { isRecord } from '../../../reports/is-record.js';
import { MessageError } from '../../errors.js';
import { CONTENT_TYPE, headersText, type Message, REPLY_TO, type Taken } from '../message.js';

/**
 * A message as an item of a Redis list: kombu's virtual transport. Each has a tag of its own, under
 * which a worker keeps it until it is done. Source: kombu's `kombu/transport/virtual/base.py`.
 */
export function envelopeOf(
  message: Message,
  queueName: string,
  tag: string = randomUUID(),
  replyTo = REPLY_TO,
): string {
  const body = Buffer.from(message.body, 'utf8').toString('base64');
  return (
    `{"body": "${body}", "content-encoding": "utf-8", "content-type": "${CONTENT_TYPE}", "headers": ${headersText(message)}, ` +
    `"properties": {"correlation_id": "${message.id}", "reply_to": "${replyTo}", "delivery_mode": 2, "delivery_info": {"exchange": "", ` +
    `"routing_key": ${JSON.stringify(queueName)}}, "priority": 0, "body_encoding": "base64", "delivery_tag": "${tag}"}}`
  );
}

/**
 * Opens an item of a Redis list.
 * @throws MessageError when it is not an envelope.
 */
export function openEnvelope(envelope: unknown): Taken {
  if (!isRecord(envelope) || !isRecord(envelope.properties))
    throw new MessageError('the text is not an envelope of a message');
  if (typeof envelope.body !== 'string') throw new MessageError('the message has no body');
  return {
    headers: envelope.headers,
    contentType: envelope['content-type'],
    body: decode(envelope.body, envelope.properties.body_encoding),
  };
}

function decode(body: string, encoding: unknown): Buffer {
  if (encoding === undefined || encoding === null || encoding === 'utf-8')
    return Buffer.from(body, 'utf8');
  if (encoding !== 'base64' || !/^[A-Za-z0-9+/]*={0,2}$/.test(body))
    throw new MessageError('the body is not base64');
  return Buffer.from(body, 'base64');
}
