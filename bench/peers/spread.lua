-- Request the picture of another person each time, and never the same URL twice. Argument: the number of people.
local people, asked, last = 1, 0, 1

function init(arguments)
  people = tonumber(arguments[1])
  last = os.time() % 2147483646 + 1
  asked = last * 1000
end

function request()
  last = last * 16807 % 2147483647
  asked = asked + 1
  return wrk.format(nil, string.format("/avatar/person-%.0f?s=128&n=%.0f", last % people, asked))
end
