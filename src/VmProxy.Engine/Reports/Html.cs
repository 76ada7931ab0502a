using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace VmProxy.Engine.Reports;

/// <summary>
/// A piece of HTML, made from an interpolated string: what stands in the string is markup, what is put into it is text and is escaped. Names of datastores,
/// VMs and files come from outside, and nobody has to remember that.
/// </summary>
[InterpolatedStringHandler]
sealed class Html
{
    readonly StringBuilder _text;

    /// <summary>Begins a piece; the compiler calls this.</summary>
    public Html(int literalLength, int formattedCount) => _text = new StringBuilder(literalLength + (formattedCount * 16));

    Html(string markup) => _text = new StringBuilder(markup);

    /// <summary>Nothing.</summary>
    public static Html Nothing => new("");

    /// <summary>One piece after the other.</summary>
    public static Html All(IEnumerable<Html> pieces)
    {
        var all = Nothing;
        foreach (var piece in pieces)
        {
            all._text.Append(piece._text);
        }

        return all;
    }

    /// <summary>Markup that is no text from outside, such as a style sheet.</summary>
    public static Html Markup(string markup) => new(markup);

    /// <summary>Takes a piece as it is written in the source.</summary>
    public static Html Of(Html piece) => piece;

    /// <summary>Adds markup; the compiler calls this.</summary>
    public void AppendLiteral(string markup) => _text.Append(markup);

    /// <summary>Adds a piece as it is.</summary>
    public void AppendFormatted(Html? piece) => _text.Append(piece?._text);

    /// <summary>Adds text, escaped.</summary>
    public void AppendFormatted(string? text) => _text.Append(WebUtility.HtmlEncode(text));

    /// <summary>Adds a number.</summary>
    public void AppendFormatted(long number) => _text.Append(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds a number with a decimal point.</summary>
    public void AppendFormatted(double number, string format = "0.#") => _text.Append(number.ToString(format, CultureInfo.InvariantCulture));

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
