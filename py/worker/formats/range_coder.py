"""An adaptive arithmetic coder for small integers: the same bytes on every machine, for it computes in integers.

Each number is spelled as decisions between 0 and 1: is it beyond 0, beyond 1, and so on, then its sign. How likely
each decision is, is learned on the way by counting, in a row of counters for each context (J. Rissanen and
G. G. Langdon, Arithmetic coding, 1979; the arithmetic here is that of a range coder, G. N. N. Martin, 1979).
"""

TOP, BOTTOM = 1 << 32, 1 << 24
COUNTED_SIZES = 18  # decisions about the size that are counted; what is beyond is spelled in plain bits
LARGEST = 1 << 15  # numbers lie between -LARGEST and LARGEST
MAX_COUNT = 1000  # decisions counted in a context before older ones weigh less


class Encoder:
    def __init__(self):
        self.out, self.low, self.range = bytearray(), 0, TOP - 1
        self.counts = {}

    def number(self, value, context):
        """Write an integer from -LARGEST to LARGEST."""
        size, counts = abs(value), self.counts.setdefault(context, [[1, 1] for _ in range(COUNTED_SIZES)])
        for threshold in range(min(size + 1, COUNTED_SIZES)):
            self._bit(int(size > threshold), counts[threshold])
        if size >= COUNTED_SIZES:
            rest = size - COUNTED_SIZES + 1
            for _ in range(rest.bit_length() - 1):
                self._bit(1, [1, 1])
            self._bit(0, [1, 1])
            for place in reversed(range(rest.bit_length() - 1)):
                self._bit(rest >> place & 1, [1, 1])
        if size:
            self._bit(int(value < 0), [1, 1])

    def _bit(self, bit, counts):
        share = self.range // (counts[0] + counts[1]) * counts[0]  # of a 0
        if bit:
            self.low += share
            self.range -= share
        else:
            self.range = share
        learn(bit, counts)
        while self.range < BOTTOM:
            self._shift()
            self.range <<= 8

    def _shift(self):
        """Give the uppermost byte away, and what is carried to those before it."""
        if self.low >= TOP:
            self.low -= TOP
            place = len(self.out) - 1
            while self.out[place] == 255:
                self.out[place] = 0
                place -= 1
            self.out[place] += 1
        self.out.append(self.low >> 24)
        self.low = self.low << 8 & TOP - 1

    def done(self):
        """The bytes; zeros at their end are left out."""
        self.low += BOTTOM - 1  # of the numbers in the range, the one with zeros at its end
        self.low &= ~(BOTTOM - 1)
        for _ in range(4):
            self._shift()
        return bytes(self.out).rstrip(b"\0")


class Decoder:
    def __init__(self, data):
        self.data, self.at, self.code, self.range = data, 0, 0, TOP - 1
        self.counts = {}
        for _ in range(4):
            self._read()

    def number(self, context):
        """The next number. Raises ValueError for one that is too large."""
        counts = self.counts.setdefault(context, [[1, 1] for _ in range(COUNTED_SIZES)])
        size = 0
        while size < COUNTED_SIZES and self._bit(counts[size]):
            size += 1
        if size == COUNTED_SIZES:
            places = 0
            while self._bit([1, 1]):
                places += 1
                if places > LARGEST.bit_length():
                    raise ValueError("a number is too large")
            rest = 1
            for _ in range(places):
                rest = rest << 1 | self._bit([1, 1])
            size = COUNTED_SIZES + rest - 1
            if size > LARGEST:
                raise ValueError("a number is too large")
        return -size if size and self._bit([1, 1]) else size

    def _bit(self, counts):
        share = self.range // (counts[0] + counts[1]) * counts[0]
        bit = int(self.code >= share)
        if bit:
            self.code -= share
            self.range -= share
        else:
            self.range = share
        learn(bit, counts)
        while self.range < BOTTOM:
            self._read()
            self.range <<= 8
        return bit

    def _read(self):
        byte = self.data[self.at] if self.at < len(self.data) else 0
        self.code = (self.code << 8 | byte) & TOP - 1
        self.at += 1

    def done(self):
        """Whether all bytes were read and are such as the encoder makes."""
        return self.at >= len(self.data) and not self.data.endswith(b"\0")


def learn(bit, counts):
    counts[bit] += 1
    if counts[0] + counts[1] > MAX_COUNT:
        counts[0], counts[1] = counts[0] + 1 >> 1, counts[1] + 1 >> 1
