"""Surnames in ideographs and hangul, by which the label before a line of a chat is told from a heading."""

from app.domain.words import words

# The hundred most frequent in China (report of the Ministry of Public Security on names, 2020), with traditional forms.
_CHINESE = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖"
    "石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常"
    "張劉陳楊黃趙吳孫馬羅鄭謝許韓鄧馮蕭葉蔣呂盧鍾譚陸韋賈鄒龍賀顧龔萬錢嚴"
)
_KOREAN = frozenset("김이박최정강조윤장임한오서신권황안송류전홍")
# The most frequent in Japan.
_JAPANESE = tuple(
    words(
        "佐藤 鈴木 高橋 田中 伊藤 渡辺 渡邊 山本 中村 小林 加藤 吉田 山田 佐々木 山口 松本 "
        "井上 木村 斎藤 斉藤 清水 山崎 池田 橋本 阿部 石川 山下 中島 石井 小川 前田 岡田 "
        "長谷川 藤田 後藤 近藤 村上 遠藤 青木 坂本 福田 太田 西村 藤井 金子 岡本 三浦 藤原 "
        "中野 原田 松田 竹内 上田 中山 和田 森田 小野 田村 柴田 宮崎 酒井 工藤 横山 宮本 "
        "内田 高木 安藤 島田 谷口 大野 今井 丸山 高田 藤本 河野"
    )
)
_FAMILY = words(
    "妈妈 爸爸 奶奶 爷爷 外婆 外公 姐姐 哥哥 弟弟 妹妹 老婆 老公 媽媽 爺爺 お母さん "
    "お父さん 母 父 엄마 아빠 할머니 할아버지"
)
# Words of headings that begin with such a character.
_HEADINGS = words(
    "周一 周二 周三 周四 周五 周六 周日 周天 周末 周围 白天 任务 方法 方案 方向 金额 "
    "何时 何地 常见 段落 程序 程度 夏天 高峰 高点 余额 许可 严重 万一 石头 于是 向导 "
    "武器 龙头 江边 田地 马上 毛病 钱包 叶子 林地 고민 이유 이름 정보 정리 조건 장점 "
    "장소 오전 오후 전화 한계 안건 강점"
)
_LONGEST = 8
_LONGEST_CHINESE = 4


def is_person_label(label: str) -> bool:
    """Return True for 王芳, 山田太郎, 김민수 and 妈妈."""
    if label in _HEADINGS or len(label) > _LONGEST:
        return False
    surname = 2 <= len(label) <= _LONGEST_CHINESE and label[:1] in _CHINESE | _KOREAN
    return surname or label in _FAMILY or label.startswith(_JAPANESE)
