using System.Buffers;
using System.Globalization;
using System.Text;

namespace VmProxy.GuestFiles;

/// <summary>Reads the text form of LVM2's metadata: sections in braces, assignments, lists in brackets, comments from # to the line's end (lvm.conf(5), "SYNTAX").</summary>
ref struct LvmText
{
    const int MaxDepth = 16;
    static readonly SearchValues<char> Ends = SearchValues.Create(" \t\r\n={}[],#\"'");

    readonly string _name;
    ReadOnlySpan<char> _rest;

    LvmText(string text, string name)
    {
        _rest = text;
        _name = name;
    }

    /// <summary>Reads all of a text.</summary>
    /// <param name="bytes">The text.</param>
    /// <param name="name">Whose it is, for errors.</param>
    /// <exception cref="GuestFileException">It has not that form.</exception>
    public static LvmSection Parse(ReadOnlySpan<byte> bytes, string name)
    {
        var text = new LvmText(Encoding.UTF8.GetString(bytes).TrimEnd('\0'), name);
        var root = text.Section(0);
        return text._rest.IsEmpty ? root : throw text.Damaged("has a brace too much");
    }

    LvmSection Section(int depth)
    {
        if (depth > MaxDepth)
        {
            throw Damaged("has too many sections in each other");
        }

        var section = new LvmSection();
        for (SkipBlank(); !_rest.IsEmpty && _rest[0] != '}'; SkipBlank())
        {
            var key = Word();
            SkipBlank();
            if (Take('{'))
            {
                section.Add(key, Section(depth + 1));
                Expect('}');
            }
            else
            {
                Expect('=');
                section.Add(key, Value(depth + 1));
            }
        }

        return section;
    }

    object Value(int depth)
    {
        SkipBlank();
        if (!Take('['))
        {
            return _rest is ['"' or '\'', ..] ? Quoted() : Bare();
        }

        if (depth > MaxDepth)
        {
            throw Damaged("has too many lists in each other");
        }

        var list = new List<object>();
        for (SkipBlank(); !Take(']'); SkipBlank())
        {
            list.Add(Value(depth + 1));
            SkipBlank();
            Take(',');
        }

        return list;
    }

    object Bare()
    {
        var word = Word();
        return long.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : word;
    }

    string Word()
    {
        var length = _rest.IndexOfAny(Ends);
        length = length < 0 ? _rest.Length : length;
        if (length == 0)
        {
            throw Damaged("lacks a name or a value");
        }

        var word = _rest[..length].ToString();
        _rest = _rest[length..];
        return word;
    }

    string Quoted()
    {
        var quote = _rest[0];
        _rest = _rest[1..];
        var text = new StringBuilder();
        while (!Take(quote))
        {
            Take('\\');
            if (_rest.IsEmpty)
            {
                throw Damaged("ends inside of a quoted text");
            }

            text.Append(_rest[0]);
            _rest = _rest[1..];
        }

        return text.ToString();
    }

    void SkipBlank()
    {
        _rest = _rest.TrimStart();
        while (_rest is ['#', ..])
        {
            var line = _rest.IndexOf('\n');
            _rest = line < 0 ? default : _rest[line..].TrimStart();
        }
    }

    void Expect(char what)
    {
        SkipBlank();
        if (!Take(what))
        {
            throw Damaged($"lacks a '{what}'");
        }
    }

    bool Take(char what)
    {
        if (_rest.IsEmpty || _rest[0] != what)
        {
            return false;
        }

        _rest = _rest[1..];
        return true;
    }

    readonly GuestFileException Damaged(string what) => GuestFileException.Damaged(_name, $"The text of the metadata of {_name} {what}, {_rest.Length} characters before its end.");
}
