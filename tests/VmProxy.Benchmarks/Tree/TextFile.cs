namespace VmProxy.Benchmarks.Tree;

/// <summary>Text: prose, program sources and lists, with the repetitions that people and generators leave in them.</summary>
sealed class TextFile(Vocabulary words, Chance chance, Page page)
{
    static readonly string[] Statements =
    [
        "if ({0} == NULL)", "return {0};", "{0} = {1}({2});", "for ({0} = 0; {0} < {1}; {0}++) {{", "}}", "/* {0} {1} {2} */", "static int {0}(struct {1} *{2})",
        "#define {0} {1}", "{0}->{1} = {2};", "if (!{0}({1}, {2}))", "else {{", "case {0}:", "break;", "const char *{0};", "extern void {0} ({1}, {2});",
        "self.{0} = {1}", "def {0}(self, {1}, {2}=None):", "raise {0}('{1} {2}')", "import {0}", "{0}.{1}({2})", "",
    ];

    /// <summary>Sentences in paragraphs.</summary>
    public void Prose()
    {
        var word = chance.Skewed(words.Count);
        var column = 0;
        while (!page.IsFull)
        {
            if (page.Length > 400 && chance.Happens(0.018))
            {
                Quote(16 + chance.Below(90));
            }

            word = words.After(word, chance);
            page.Add(words[word]);
            column += words[word].Length + 1;
            if (chance.Happens(0.08))
            {
                page.Add(chance.Happens(0.6) ? "," : ".");
            }

            page.Add(column > 72 ? (byte)'\n' : (byte)' ');
            if (column > 72)
            {
                column = 0;
                page.Add(chance.Happens(0.12) ? "\n" : "");
            }
        }
    }

    /// <summary>A program's source: few names, used again and again, and lines that look like earlier lines.</summary>
    public void Source()
    {
        var names = new string[40 + chance.Below(160)];
        for (var i = 0; i < names.Length; i++)
        {
            names[i] = words.Text(chance.Skewed(words.Count)) + (chance.Happens(0.6) ? "_" + words.Text(chance.Skewed(words.Count)) : "");
        }

        var starts = new List<int>();
        var indent = 0;
        while (!page.IsFull)
        {
            if (chance.Happens(0.012))
            {
                Comment();
                continue;
            }

            starts.Add(page.Length);
            if (starts.Count > 20 && chance.Happens(0.4))
            {
                var line = starts[^(2 + chance.Skewed(Math.Min(starts.Count - 2, 300)))];
                RepeatLine(line);
                page.Add(Name(names));
                page.Add(";\n");
                continue;
            }

            indent = Math.Clamp(indent + chance.Below(3) - 1, 0, 5);
            for (var i = 0; i < indent; i++)
            {
                page.Add("    ");
            }

            page.Add(string.Format(
                System.Globalization.CultureInfo.InvariantCulture, Statements[chance.Skewed(Statements.Length)], Name(names), Name(names), Name(names)));
            page.Add((byte)'\n');
        }
    }

    /// <summary>Messages with an index in front, as message catalogs have.</summary>
    public void Messages()
    {
        var count = Math.Max(1, page.Left / 90);
        page.AddUInt32(0x950412DE);
        page.AddUInt32(0);
        var offset = 28 + (count * 8);
        for (var i = 0; i < count; i++)
        {
            var length = 12 + chance.Skewed(120);
            page.AddUInt32(length);
            page.AddUInt32(offset);
            offset += length + 1;
        }

        Prose();
    }

    void Comment()
    {
        page.Add("/*");
        var word = chance.Skewed(words.Count);
        for (var count = 8 + chance.Below(60); count > 0; count--)
        {
            word = words.After(word, chance);
            page.Add(" ");
            page.Add(words[word]);
            page.Add(count % 11 == 0 ? "\n * " : "");
        }

        page.Add(" */\n");
    }

    string Name(string[] names) => chance.Happens(0.06)
        ? chance.Below(1000).ToString(System.Globalization.CultureInfo.InvariantCulture)
        : names[chance.Skewed(names.Length)];

    void Quote(int length)
    {
        var distance = length + chance.Skewed(page.Length - length);
        page.Repeat(distance, length);
    }

    void RepeatLine(int start)
    {
        var length = 0;
        while (start + length < page.Length && page.Bytes[start + length] != (byte)'\n' && length < 100)
        {
            length++;
        }

        page.Repeat(page.Length - start, Math.Max(0, length - 3 - chance.Below(12)));
    }
}
