// Reads a calendar on standard input with ical.js in strict mode; prints its events as JSON.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

ICAL.design.strict = true;

function read(component) {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    summary: event.summary,
    description: event.description,
    start: event.startDate.toString(),
    end: event.endDate.toString(),
    sequence: event.sequence,
    url: component.getFirstPropertyValue("url"),
    transp: component.getFirstPropertyValue("transp"),
    dtstamp: component.getFirstPropertyValue("dtstamp").toString(),
  };
}

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf-8")));
process.stdout.write(JSON.stringify({
  name: calendar.getFirstPropertyValue("x-wr-calname"),
  refresh: calendar.getFirstPropertyValue("refresh-interval").toString(),
  events: calendar.getAllSubcomponents("vevent").map(read),
}));
